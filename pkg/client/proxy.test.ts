import { describe, expect, test } from '@jest/globals';
import { proxyFromEnv } from './proxy.ts';

const https = { HTTPS_PROXY: 'http://proxy:3128' };

describe('the proxy of the environment', () => {
  test.each<{ server: string; env: Readonly<Record<string, string>>; proxy: string | undefined }>([
    { server: 'https://api.example.com', env: {}, proxy: undefined },
    { server: 'https://api.example.com', env: https, proxy: 'http://proxy:3128' },
    { server: 'https://api.example.com', env: { https_proxy: 'proxy:3128' }, proxy: 'http://proxy:3128' },
    { server: 'https://api.example.com', env: { HTTPS_PROXY: '', https_proxy: 'http://low' }, proxy: 'http://low' },
    { server: 'https://api.example.com', env: { HTTP_PROXY: 'http://proxy' }, proxy: undefined },
    { server: 'http://api.example.com', env: { HTTP_PROXY: 'http://proxy' }, proxy: 'http://proxy' },
    { server: 'https://localhost:6443', env: https, proxy: undefined },
    { server: 'https://127.0.0.1:6443', env: https, proxy: undefined },
    { server: 'https://[::1]:6443', env: https, proxy: undefined },
  ])('to $server with $env is $proxy', ({ server, env, proxy }) => {
    expect(proxyFromEnv(server, env)).toBe(proxy);
  });

  test.each([
    { server: 'https://api.example.com', list: '*', exempt: true },
    { server: 'https://api.example.com', list: 'example.com', exempt: true },
    { server: 'https://api.example.com', list: '.example.com', exempt: true },
    { server: 'https://api.example.com', list: '*.example.com', exempt: true },
    { server: 'https://api.example.com', list: ' other.org , EXAMPLE.com ', exempt: true },
    { server: 'https://api.example.com', list: 'api.example.com:443', exempt: true },
    { server: 'https://api.example.com', list: 'api.example.com:6443', exempt: false },
    { server: 'https://api.example.com:6443', list: 'api.example.com:6443', exempt: true },
    { server: 'https://apiexample.com', list: 'example.com', exempt: false },
    { server: 'https://api.example.com', list: '', exempt: false },
    { server: 'https://api.example.com', list: ',,', exempt: false },
    { server: 'https://10.1.2.3', list: '10.0.0.0/8', exempt: true },
    { server: 'https://11.1.2.3', list: '10.0.0.0/8', exempt: false },
    { server: 'https://10.1.2.3', list: '10.1.2.3', exempt: true },
    { server: 'https://10.1.2.3', list: '10.1.2.0/31', exempt: false },
    { server: 'https://10.1.2.3', list: '0.0.0.0/0', exempt: true },
    { server: 'https://10.1.2.3', list: '10.0.0.0/x', exempt: false },
    { server: 'https://api.example.com', list: '10.0.0.0/8', exempt: false },
  ])('is not used for $server with NO_PROXY="$list": $exempt', ({ server, list, exempt }) => {
    expect(proxyFromEnv(server, { ...https, NO_PROXY: list }) === undefined).toBe(exempt);
    expect(proxyFromEnv(server, { ...https, no_proxy: list }) === undefined).toBe(exempt);
  });
});
