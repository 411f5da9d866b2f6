import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The programs of a control plane, found as envtest finds them: in the folder that KUBEBUILDER_ASSETS names. */
export interface Assets {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string;
}

/** Throws with the program that is missing. */
export async function assetsIn(folder: string): Promise<Assets> {
  const found = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await access(path, constants.X_OK).catch((cause: unknown) => {
      throw new Error(`KUBEBUILDER_ASSETS=${folder}: there is no program ${name}`, { cause });
    });
    return path;
  };
  return {
    etcd: await found('etcd'),
    apiServer: await found('kube-apiserver'),
    controllerManager: await found('kube-controller-manager'),
  };
}

/** Whether this version of a program has a flag. */
export async function hasFlag(program: string, flag: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(program, ['--help'], { maxBuffer: 2 ** 24 });
  return new RegExp(`^\\s*--${flag}\\s`, 'm').test(stdout);
}
