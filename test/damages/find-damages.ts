/**
 * All damages that the tool makes by itself, from the syntax of a file: a statement dropped, a condition negated, a
 * bound shifted by one, two adjacent stores swapped.
 */
import ts from 'typescript';
import type { Damage, Kind } from './damage.js';

/** Statements without which a file still compiles, so that only a test finds that they are gone. */
const droppable = new Set([
  ts.SyntaxKind.ExpressionStatement,
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.SwitchStatement,
  ts.SyntaxKind.ReturnStatement,
  ts.SyntaxKind.ThrowStatement,
  ts.SyntaxKind.BreakStatement,
  ts.SyntaxKind.ContinueStatement,
]);

const shifted = new Map([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
]);

/**
 * @param file as a path from the project's root.
 * @returns its damages in the order of the text.
 */
export function findDamages(file: string, text: string): Damage[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const found: Damage[] = [];
  const textOf = (node: ts.Node) => node.getText(source);

  function add(kind: Kind, first: ts.Node, last: ts.Node, after: string): void {
    const start = first.getStart(source);
    const end = last.getEnd();
    found.push({ file, kind, within: placeOf(first), start, end, before: text.slice(start, end), after });
  }

  function drop(statement: ts.Node): void {
    if (droppable.has(statement.kind) && !isSuperCall(statement)) add('drop', statement, statement, ';');
  }

  function negate(condition: ts.Expression | undefined): void {
    if (condition === undefined) return;
    const isNegation =
      ts.isPrefixUnaryExpression(condition) && condition.operator === ts.SyntaxKind.ExclamationToken;
    const negated = isNegation ? textOf(condition.operand) : `!(${textOf(condition)})`;
    add('negate', condition, condition, negated);
  }

  function shift(expression: ts.BinaryExpression): void {
    const { left, operatorToken, right } = expression;
    const operator = shifted.get(operatorToken.kind);
    if (operator !== undefined)
      add('shift', expression, expression, `${textOf(left)} ${operator} ${textOf(right)}`);
    const isSum =
      operatorToken.kind === ts.SyntaxKind.PlusToken || operatorToken.kind === ts.SyntaxKind.MinusToken;
    if (isSum && ts.isNumericLiteral(right) && right.text === '1')
      add('shift', expression, expression, textOf(left));
  }

  function swap(statements: readonly ts.Statement[]): void {
    for (const [index, second] of statements.entries()) {
      const first = statements[index - 1];
      if (first === undefined || !isStore(first) || !isStore(second)) continue;
      // Fields of an object that no other thread sees can be set in any order.
      if (!callsOrIndexes(first) && !callsOrIndexes(second)) continue;
      add('swap', first, second, `${textOf(second)} ${textOf(first)}`);
    }
  }

  function visit(node: ts.Node): void {
    if (ts.isStatement(node)) drop(node);
    if (ts.isBlock(node) || ts.isSourceFile(node) || ts.isCaseOrDefaultClause(node)) swap(node.statements);
    if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node))
      negate(node.expression);
    if (ts.isForStatement(node) || ts.isConditionalExpression(node)) negate(node.condition);
    if (ts.isBinaryExpression(node)) shift(node);
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}

function isSuperCall(node: ts.Node): boolean {
  return (
    ts.isExpressionStatement(node) &&
    ts.isCallExpression(node.expression) &&
    node.expression.expression.kind === ts.SyntaxKind.SuperKeyword
  );
}

/** Whether a statement stores something, by itself or by the function that it calls. */
function isStore(node: ts.Statement): node is ts.ExpressionStatement {
  if (!ts.isExpressionStatement(node) || isSuperCall(node)) return false;
  const { expression } = node;
  return ts.isCallExpression(expression) || isAssignment(expression);
}

function isAssignment(node: ts.Expression): node is ts.BinaryExpression {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function callsOrIndexes({ expression }: ts.ExpressionStatement): boolean {
  return !isAssignment(expression) || ts.isElementAccessExpression(expression.left);
}

/** The names of the declarations around a node, from the outermost in. */
function placeOf(node: ts.Node): string {
  const names: string[] = [];
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isConstructorDeclaration(at)) names.unshift('constructor');
    else if (ts.isFunctionLike(at) || ts.isClassLike(at) || isFunctionVariable(at)) {
      const name = at.name?.getText();
      if (name !== undefined) names.unshift(name);
    }
  }
  return names.join('.');
}

function isFunctionVariable(node: ts.Node): node is ts.VariableDeclaration | ts.PropertyDeclaration {
  return (
    (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) &&
    node.initializer !== undefined &&
    (ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer))
  );
}
