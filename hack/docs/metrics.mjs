// Reads the declarations of metrics from the syntax of the sources: calls of counter, gauge and histogram of
// pkg/metrics/declare.ts, and calls of functions of the same file that pass a name and a help text on to them.
import ts from 'typescript';

const kinds = ['counter', 'gauge', 'histogram'];
const isMetric = (text) => /^[a-z]+(_[a-z]+)+$/.test(text);

/** Metrics with their kind, help text and labels, in alphabetical order. */
export function metricsIn(files) {
  const found = new Map();
  for (const { name, text } of files) {
    if (!text.includes('metrics/declare.ts') && !text.includes("from 'prom-client'")) continue;
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
    const add = (metric) => found.set(metric.name, metric);
    const visit = (node) => {
      if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) declared(node).forEach(add);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function declared(call) {
  const [first, second] = call.arguments;
  if (kinds.includes(call.expression.text) && second && ts.isObjectLiteralExpression(second)) {
    const name = textOf(propertyOf(second, 'name'));
    const help = textOf(propertyOf(second, 'help'));
    if (name === undefined || help === undefined) return [];
    return [{ name, help, kind: call.expression.text, labels: labelsOf(propertyOf(second, 'labelNames'), call) }];
  }
  const [name, help] = [textOf(first), textOf(second)];
  if (name === undefined || help === undefined || !isMetric(name)) return [];
  const inner = declarationIn(functionOf(call));
  return inner ? [{ name, help, kind: inner.expression.text, labels: labelsOf(labelArgument(inner), inner) }] : [];
}

const labelArgument = (call) => propertyOf(call.arguments[1], 'labelNames');

/** The function of the same file that a call names. */
function functionOf(call) {
  let result;
  const visit = (node) => {
    const isNamed = ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node);
    if (isNamed && node.name?.getText() === call.expression.text) result = node;
    ts.forEachChild(node, visit);
  };
  visit(call.getSourceFile());
  return result;
}

/** The call of counter, gauge or histogram in a function. */
function declarationIn(node) {
  if (!node) return undefined;
  if (ts.isCallExpression(node) && kinds.includes(node.expression.getText())) return node;
  return ts.forEachChild(node, declarationIn);
}

function propertyOf(object, name) {
  const property = object.properties.find((one) => one.name?.getText() === name);
  return property && ts.isPropertyAssignment(property) ? property.initializer : property?.name;
}

const textOf = (node) => (node && ts.isStringLiteralLike(node) ? node.text : undefined);

/** The labels: a list in the call, or the constant of that name that is declared around it. */
function labelsOf(node, at) {
  if (!node) return [];
  if (ts.isAsExpression(node)) return labelsOf(node.expression, at);
  if (ts.isArrayLiteralExpression(node)) return node.elements.map((one) => one.text);
  for (let around = at.parent; around; around = around.parent) {
    if (!ts.isBlock(around) && !ts.isSourceFile(around)) continue;
    for (const statement of around.statements.filter(ts.isVariableStatement)) {
      const one = statement.declarationList.declarations.find(({ name }) => name.getText() === node.getText());
      if (one) return labelsOf(one.initializer, at);
    }
  }
  return [];
}

export function metricRows(metrics) {
  return metrics
    .map(({ name, kind, labels, help }) => {
      const meaning = help.replace(/\.$/, '').replaceAll('|', '\\|');
      return `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${meaning} |\n`;
    })
    .join('');
}
