import { CueExpressions } from '../../pkg/render/cue/cue-expressions.ts';
import { CueEngine } from '../../pkg/render/cue/cue-engine.ts';
import type { Engines } from '../../pkg/render/engine.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';

/** The engines of a process. */
export function newEngines(): Engines {
  return { handlebars: new HandlebarsEngine(), cue: new CueEngine(), expressions: new CueExpressions() };
}
