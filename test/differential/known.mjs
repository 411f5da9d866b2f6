// Differences that stay, by what signature.mjs says of them, and why. None of them is about rights, conflicts, lost writes or the
// order of watches.
export const known = [
  [/projected\.sources/, 'the recorded answers are those of a build that mounts one more certificate', ['Pod']],
  [
    /^(POST|PUT|merge|json|strategic|apply)\S* 422!=20\d/,
    'a rule of a kind that the embedded API does not check',
    undefined,
  ],
  [
    /^(POST|PUT|merge|json|strategic|apply)\S* 422 body\.details\.causes/,
    'the wording, or the number, of the causes of a refusal',
    undefined,
  ],
  [/^\S+ 4\d\d body\.message/, 'the wording of a refusal: Go names types and struct fields', undefined],
  [/^\S+ 500!=4\d\d/, 'kube-apiserver fails where it should refuse', undefined],
  [
    /\/scale (200|201|4\d\d) /,
    'a scale is applied to the object itself, and not through managed fields of its own',
    undefined,
  ],
  [/\/scale 4\d\d!=4\d\d/, 'the code of a refusal of a malformed scale', undefined],
  [/^watch 406 /, 'the refusal of a watch is not indented', undefined],
  [/^GET (406|403) body/, 'a refusal is written as JSON whatever was asked for', undefined],
  [/^GET 200 body\(line\)/, 'YAML is quoted and folded differently', undefined],
  [/columnDefinitions|cells/, 'some columns of tables of rare kinds', undefined],
];

/** Why a difference stays; undefined when it is one to mend. */
export function reasonFor(signature, kind) {
  return known.find(
    ([pattern, , kinds]) => pattern.test(signature) && (kinds === undefined || kinds.includes(kind)),
  )?.[1];
}
