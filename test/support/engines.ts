import { systemClock } from '../../pkg/clock/system.ts';
import { CueCompiler } from '../../pkg/render/cue/compiler.ts';
import { CueExpressions } from '../../pkg/render/cue/cue-expressions.ts';
import { CueEngine } from '../../pkg/render/cue/cue-engine.ts';
import type { Engines } from '../../pkg/render/engine.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';

/** The engines of a process; the thread of the CUE compiler begins with the first template that needs it. */
export function newEngines(): Engines {
  const compiler = new CueCompiler({ clock: systemClock });
  return {
    handlebars: new HandlebarsEngine(),
    cue: new CueEngine(compiler),
    expressions: new CueExpressions(compiler),
  };
}
