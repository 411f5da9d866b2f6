export { nearest, suggestion } from '../apis/suggest.ts';
