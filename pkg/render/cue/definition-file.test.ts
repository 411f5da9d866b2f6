import { expect, test } from '@jest/globals';
import { readDefinitionFile } from './definition-file.ts';

const read = (text: string) => readDefinitionFile(text, 'vela-system');

test('a file of CUE becomes the object that is applied', () => {
  const text = `
// what a team keeps in its repository
import (
	"strings"
)

"my-comp": {
	type:        "component"
	alias:       "mine"
	annotations: {note: "x", "definition.oam.dev/icon": "y"}
	labels: "ui-hidden": "true"
	description: "A component"
	attributes: {
		workload: definition: {apiVersion: "apps/v1", kind: "Deployment"}
		status: {
			healthPolicy: {
				ready: *0 | int
				isHealth: ready > 0
			}
			customStatus: #"""
				message: "is \\(context.name)"
				"""#
		}
	}
}

template: {
	output: {
		kind: strings.ToTitle("x")
	}
	// +usage=The image
	parameter: image: string
}
`;
  const definition = read(text);
  expect(definition).toEqual({
    ok: true,
    value: {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ComponentDefinition',
      metadata: {
        name: 'my-comp',
        namespace: 'vela-system',
        labels: { 'custom.definition.oam.dev/ui-hidden': 'true' },
        annotations: {
          'custom.definition.oam.dev/note': 'x',
          'definition.oam.dev/icon': 'y',
          'definition.oam.dev/alias': 'mine',
          'definition.oam.dev/description': 'A component',
        },
      },
      spec: {
        workload: { definition: { apiVersion: 'apps/v1', kind: 'Deployment' } },
        status: {
          healthPolicy: 'ready: *0 | int\nisHealth: ready > 0\n',
          customStatus: 'message: "is \\(context.name)"',
        },
        schematic: {
          cue: {
            template:
              'import "strings"\noutput: {\n\tkind: strings.ToTitle("x")\n}\n// +usage=The image\nparameter: image: string\n',
          },
        },
      },
    },
  });
});

test.each([
  ['template: {}', 'there is no header: a struct with the name and the type of the definition'],
  ['a: {type: "trait"}', 'template is missing'],
  ['a: {type: "trait"}\nb: {}\ntemplate: {}', 'b: only a header and template may stand at the top'],
  ['a: {type: "thing"}\ntemplate: {}', 'a.type: must be one of component, trait, policy, workflow-step, workload'],
  ['a: 1\ntemplate: {}', 'a: must be a struct with the type of the definition'],
  ['a: {type: missing}\ntemplate: {}', 'line 1: reference "missing" not found'],
  ['a: {type: "x}\ntemplate: {}', 'line 1: string literal not terminated'],
])('%j is refused: %s', (text, problem) => {
  expect(read(text)).toEqual({ ok: false, problems: [problem] });
});

test('an import that is not used is a matter of the template, and an alias may be empty', () => {
  const text = `import ("strconv", "strings")
tee: {type: "trait", alias: "", description: strings.ToUpper("a"), attributes: {}}
template: {patch: {}}
`;
  expect(read(text)).toMatchObject({
    ok: true,
    value: { metadata: { annotations: { 'definition.oam.dev/alias': '', 'definition.oam.dev/description': 'A' } } },
  });
});

test('a template keeps the braces that it ends with', () => {
  const definition = read('tee: {type: "trait"}\ntemplate: {\n\tpatch: {\n\t\tspec: {a: 1}\n\t}\n}\n');
  expect(definition).toMatchObject({
    ok: true,
    value: { spec: { schematic: { cue: { template: 'patch: {\n\tspec: {a: 1}\n}\n' } } } },
  });
});
