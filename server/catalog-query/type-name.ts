/** The text of a type in the syntax tree as PostgreSQL's type names are looked up: without its catalog and its modifiers. */
import type { TypeNode } from '../../planner/sql/ast.ts';

export function printType(node: TypeNode): string {
  switch (node.kind) {
    case 'simpleType': return node.quoted && node.name.toUpperCase() === 'CHAR' ? 'char' : node.name === 'CHAR' ? 'bpchar' : node.name.toLowerCase();
    case 'collectionType': return `${printType(node.element)}[]`;
    case 'intervalType': return 'interval';
    case 'rowType': return 'record';
    case 'mapType': return 'json';
    default: return node.kind;
  }
}
