export { suggestion } from '../apis/suggest.ts';
