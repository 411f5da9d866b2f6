/** The smallest sequence that still shows the same difference; `test` answers with it, or with nothing. */
export async function shrink(sequence, test, entry) {
  let best = sequence;
  for (let i = best.steps.length - 1; i >= 0; i--) {
    const steps = without(best.steps, i);
    if (steps === undefined) continue;
    const first = await test({ ...best, steps });
    if (first === undefined) continue;
    best = { ...best, steps };
    entry.first = first;
  }
  return best;
}

/** The steps less one, references counted anew; undefined when another step refers to it. */
function without(steps, i) {
  const text = JSON.stringify(steps.filter((_, at) => at !== i));
  if (text.includes(`"@${i}:`) || text.includes(`"$of":${i},`) || text.includes(`"$of":${i}}`)) return undefined;
  const down = (n) => (Number(n) > i ? Number(n) - 1 : Number(n));
  return JSON.parse(
    text.replace(/"@(\d+):/g, (_, n) => `"@${down(n)}:`).replace(/"\$of":(\d+)/g, (_, n) => `"$of":${down(n)}`),
  );
}
