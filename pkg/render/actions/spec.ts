/** What an action does to objects of the cluster. Every writing action obeys the ownership of objects. */
export type ActionEffect = 'none' | 'reads' | 'applies' | 'deletes';

/** The fields of a CUE struct; a name that ends with `?` is optional. */
export type CueFields = Readonly<Record<string, string>>;

/** One action that templates of workflow steps may use. */
export interface ActionSpec {
  /** The name under which a controller performs it, such as `kube.apply`. */
  readonly action: string;
  readonly params: CueFields;
  readonly returns: CueFields;
  readonly effect: ActionEffect;
  /** Why it is not performed, and what to use instead; undefined where it is. */
  readonly refusal?: string;
}

/** The actions of one package by the name of their definition, without `#`. */
export type ActionPackage = Readonly<Record<string, ActionSpec>>;

const make =
  (effect: ActionEffect) =>
  (action: string, params: CueFields = {}, returns: CueFields = {}): ActionSpec => ({
    action,
    params,
    returns,
    effect,
  });

export const plain = make('none');
export const reads = make('reads');
export const applies = make('applies');
export const deletes = make('deletes');

/** An action that exists in KubeVela and is not performed here. */
export const refused = (action: string, refusal: string): ActionSpec => ({ ...plain(action), refusal });
