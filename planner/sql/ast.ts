/**
 * The abstract syntax tree of queries, expressions and types: what the parser makes of a text and the only thing the binder reads.
 * Statements stand in `ast-statement.ts`.
 *
 * Invariants: nodes are immutable, plain and JSON-safe (an absent part is `undefined`, an absent list is `[]`); every node carries the
 * half-open range of UTF-16 units it came from, relative to the whole text handed to the parser. Parentheses leave no node: the tree
 * itself says what binds to what, and the printer puts them back. Names keep their letters (Flink is case-sensitive); keywords,
 * units and operators are upper case. Numbers stay text, so that no digit is lost.
 * Height: no path from a root to a leaf is longer than MAX_NESTING_DEPTH (`limits.ts`), so walkers may recurse. Chains that people write
 * in thousands (AND, OR, UNION, IN, CASE) are lists, not ladders.
 */
import type { SourceRange } from '../../core/errors/define.ts';

// ---------------------------------------------------------------------------------------------------------------- names

/** One word of a name. `quoted`: written in back-ticks or double quotes (PostgreSQL clients fold unquoted names, Flink does not). */
export interface Identifier { readonly kind: 'identifier'; readonly value: string; readonly quoted: boolean; readonly range: SourceRange }
/** `a.b.c`; at least one part. */
export interface QualifiedName { readonly kind: 'name'; readonly parts: readonly Identifier[]; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- types

/** `undefined`: nothing said (nullable in Flink); `true`: NULL; `false`: NOT NULL. */
export type DeclaredNullability = boolean | undefined;
export type TypeNode = SimpleType | CollectionType | MapType | RowType | IntervalType | RawType | StructuredType;
/**
 * A type known by a word. `name` is upper case and canonical (INT, DECIMAL, CHAR, VARCHAR, VARBINARY, DOUBLE, TIMESTAMP, TIMESTAMP_LTZ,
 * `TIMESTAMP WITH TIME ZONE`, `TIME WITH TIME ZONE`, STRING, BYTES …; INTEGER, DEC, NUMERIC, CHARACTER [VARYING] and the like are mapped), or the
 * word as written when `quoted`. Unknown words (PostgreSQL's INT4, TEXT, REGCLASS, user types) pass: the binder judges them.
 */
export interface SimpleType { readonly kind: 'simpleType'; readonly name: string; readonly quoted: boolean; readonly qualifier: readonly Identifier[]; readonly parameters: readonly number[]; readonly nullable: DeclaredNullability; readonly range: SourceRange }
export interface CollectionType { readonly kind: 'collectionType'; readonly collection: 'ARRAY' | 'MULTISET'; readonly element: TypeNode; readonly nullable: DeclaredNullability; readonly range: SourceRange }
export interface MapType { readonly kind: 'mapType'; readonly key: TypeNode; readonly value: TypeNode; readonly nullable: DeclaredNullability; readonly range: SourceRange }
export interface RowType { readonly kind: 'rowType'; readonly fields: readonly RowFieldNode[]; readonly nullable: DeclaredNullability; readonly range: SourceRange }
export interface RowFieldNode { readonly kind: 'rowField'; readonly name: Identifier; readonly type: TypeNode; readonly comment: string | undefined; readonly range: SourceRange }
/** `INTERVAL DAY(2) TO SECOND(3)`; without a qualifier it is PostgreSQL's `interval`. */
export interface IntervalType { readonly kind: 'intervalType'; readonly qualifier: IntervalQualifier | undefined; readonly nullable: DeclaredNullability; readonly range: SourceRange }
export interface RawType { readonly kind: 'rawType'; readonly className: string; readonly serializer: string; readonly nullable: DeclaredNullability; readonly range: SourceRange }
export interface StructuredType { readonly kind: 'structuredType'; readonly className: string; readonly fields: readonly RowFieldNode[]; readonly nullable: DeclaredNullability; readonly range: SourceRange }

/** Singular, whatever the user wrote (`MINUTES` is MINUTE, `SQL_TSI_DAY` is DAY). */
export type TimeUnit = 'MILLENNIUM' | 'CENTURY' | 'DECADE' | 'YEAR' | 'QUARTER' | 'MONTH' | 'WEEK' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND' | 'MILLISECOND' | 'MICROSECOND' | 'NANOSECOND' | 'DOW' | 'DOY' | 'ISODOW' | 'ISOYEAR' | 'EPOCH';
/** `DAY(3)`, `DAY TO SECOND(3)`; precisions `undefined` when not written. `SECOND(2, 3)` has `fromPrecision` 2 and `toPrecision` 3. */
export interface IntervalQualifier { readonly kind: 'intervalQualifier'; readonly from: TimeUnit; readonly fromPrecision: number | undefined; readonly to: TimeUnit | undefined; readonly toPrecision: number | undefined; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- expressions

export type Expression =
  | ColumnReference | Star | NumberLiteral | StringLiteral | BinaryLiteral | BooleanLiteral | NullLiteral | DefaultMarker | TemporalLiteral | IntervalLiteral | Parameter
  | Unary | Binary | Logical | Between | InList | InQuery | Like | IsTest | IsDistinct | IsJson | QuantifiedQuery | QuantifiedArray | Exists | Subquery
  | Case | Cast | Row | ArrayConstructor | MapConstructor | CollectionQuery | IndexAccess | SliceAccess | FieldAccess | AtTimeZone | Collate
  | FunctionCall | Extract | Trim | RoundToUnit | TimestampFunction | JsonExists | JsonValue | JsonQuery | JsonObject | JsonArray;

/** `a`, `t.a`, `cat.db.t.a.field`: where the table ends and a nested field begins is for the binder to find out. */
export interface ColumnReference { readonly kind: 'column'; readonly parts: readonly Identifier[]; readonly range: SourceRange }
/** `*` or `t.*`; stands only as a select item or as the sole argument of a call such as COUNT. */
export interface Star { readonly kind: 'star'; readonly qualifier: readonly Identifier[]; readonly range: SourceRange }
/** The text as written (`1`, `1.10`, `.5`, `1e10`), never signed: -1 is a Unary. integer → INT or BIGINT, decimal → DECIMAL, double → DOUBLE. */
export interface NumberLiteral { readonly kind: 'number'; readonly text: string; readonly form: 'integer' | 'decimal' | 'double'; readonly range: SourceRange }
/** Decoded: escapes of U&'', E'' and $$ are gone, neighbouring strings on several lines are joined, charset prefixes are dropped. */
export interface StringLiteral { readonly kind: 'string'; readonly value: string; readonly range: SourceRange }
/** X'4a4B': an even number of upper-case hex digits. */
export interface BinaryLiteral { readonly kind: 'binaryLiteral'; readonly hex: string; readonly range: SourceRange }
/** `value` null: the literal UNKNOWN. */
export interface BooleanLiteral { readonly kind: 'boolean'; readonly value: boolean | null; readonly range: SourceRange }
export interface NullLiteral { readonly kind: 'null'; readonly range: SourceRange }
/** DEFAULT as a call argument, in VALUES or in SET. */
export interface DefaultMarker { readonly kind: 'default'; readonly range: SourceRange }
/** `DATE '2020-01-01'`; the text is not checked here. TIMESTAMP_LTZ: `TIMESTAMP WITH LOCAL TIME ZONE '…'`. */
export interface TemporalLiteral { readonly kind: 'temporal'; readonly type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'; readonly value: string; readonly range: SourceRange }
/** `INTERVAL -'1-2' YEAR TO MONTH`. Without a qualifier: PostgreSQL's `INTERVAL '1 day'`. */
export interface IntervalLiteral { readonly kind: 'interval'; readonly negative: boolean; readonly value: string; readonly qualifier: IntervalQualifier | undefined; readonly range: SourceRange }
/** `$2` (index 2) or the nth `?` of the statement (index n, from 1). */
export interface Parameter { readonly kind: 'parameter'; readonly index: number; readonly form: '$' | '?'; readonly range: SourceRange }

export interface Unary { readonly kind: 'unary'; readonly op: '+' | '-' | 'NOT'; readonly operand: Expression; readonly range: SourceRange }
/** `!=` is `<>`. The row from `~` on is PostgreSQL's; the words are Calcite's operators on periods and multisets. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '||' | '=' | '<>' | '<' | '>' | '<=' | '>='
  | '~' | '~*' | '!~' | '!~*' | '->' | '->>' | '#>' | '#>>' | '@>' | '<@' | '&' | '|' | '#' | '^'
  | 'OVERLAPS' | 'CONTAINS' | 'EQUALS' | 'PRECEDES' | 'SUCCEEDS' | 'IMMEDIATELY PRECEDES' | 'IMMEDIATELY SUCCEEDS' | 'MEMBER OF' | 'SUBMULTISET OF'
  | 'MULTISET UNION' | 'MULTISET UNION ALL' | 'MULTISET INTERSECT' | 'MULTISET INTERSECT ALL' | 'MULTISET EXCEPT' | 'MULTISET EXCEPT ALL';
export interface Binary { readonly kind: 'binary'; readonly op: BinaryOperator; readonly left: Expression; readonly right: Expression; readonly range: SourceRange }
/** A whole chain of one operator, two operands at least, in the order written. */
export interface Logical { readonly kind: 'logical'; readonly op: 'AND' | 'OR'; readonly operands: readonly Expression[]; readonly range: SourceRange }
export interface Between { readonly kind: 'between'; readonly negated: boolean; readonly symmetric: boolean; readonly operand: Expression; readonly low: Expression; readonly high: Expression; readonly range: SourceRange }
export interface InList { readonly kind: 'inList'; readonly negated: boolean; readonly operand: Expression; readonly list: readonly Expression[]; readonly range: SourceRange }
export interface InQuery { readonly kind: 'inQuery'; readonly negated: boolean; readonly operand: Expression; readonly query: Query; readonly range: SourceRange }
export interface Like { readonly kind: 'like'; readonly op: 'LIKE' | 'ILIKE' | 'SIMILAR TO' | 'RLIKE'; readonly negated: boolean; readonly operand: Expression; readonly pattern: Expression; readonly escape: Expression | undefined; readonly range: SourceRange }
export interface IsTest { readonly kind: 'is'; readonly negated: boolean; readonly test: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN' | 'A SET' | 'EMPTY'; readonly operand: Expression; readonly range: SourceRange }
/** `a IS DISTINCT FROM b`; negated: IS NOT DISTINCT FROM. */
export interface IsDistinct { readonly kind: 'isDistinct'; readonly negated: boolean; readonly left: Expression; readonly right: Expression; readonly range: SourceRange }
/** `IS JSON` alone is VALUE. */
export interface IsJson { readonly kind: 'isJson'; readonly negated: boolean; readonly what: 'VALUE' | 'OBJECT' | 'ARRAY' | 'SCALAR'; readonly operand: Expression; readonly range: SourceRange }
export type ComparisonOperator = '=' | '<>' | '<' | '>' | '<=' | '>=';
/** `a > ALL (SELECT …)`; SOME is ANY. */
export interface QuantifiedQuery { readonly kind: 'quantifiedQuery'; readonly op: ComparisonOperator; readonly quantifier: 'ALL' | 'ANY'; readonly left: Expression; readonly query: Query; readonly range: SourceRange }
/** PostgreSQL's `a = ANY (array)`; Flink's `a = ANY (1, 2)` has several items. */
export interface QuantifiedArray { readonly kind: 'quantifiedArray'; readonly op: ComparisonOperator; readonly quantifier: 'ALL' | 'ANY'; readonly left: Expression; readonly items: readonly Expression[]; readonly range: SourceRange }
export interface Exists { readonly kind: 'exists'; readonly query: Query; readonly range: SourceRange }
/** A query in the place of a value, or of a table argument. */
export interface Subquery { readonly kind: 'subquery'; readonly query: Query; readonly range: SourceRange }

/** With an operand each branch may list several values (`WHEN 2, 3 THEN`); without one each has a single condition. */
export interface Case { readonly kind: 'case'; readonly operand: Expression | undefined; readonly branches: readonly CaseBranch[]; readonly otherwise: Expression | undefined; readonly range: SourceRange }
export interface CaseBranch { readonly kind: 'caseBranch'; readonly conditions: readonly Expression[]; readonly result: Expression; readonly range: SourceRange }
/** CAST, TRY_CAST (`safe`) and `::`. */
export interface Cast { readonly kind: 'cast'; readonly safe: boolean; readonly operand: Expression; readonly type: TypeNode; readonly range: SourceRange }
/** `ROW(a, b)` (explicit) or `(a, b)`. */
export interface Row { readonly kind: 'row'; readonly explicit: boolean; readonly items: readonly Expression[]; readonly range: SourceRange }
export interface ArrayConstructor { readonly kind: 'array'; readonly collection: 'ARRAY' | 'MULTISET'; readonly items: readonly Expression[]; readonly range: SourceRange }
/** `MAP[k1, v1, k2, v2]` as written: an even number of items. */
export interface MapConstructor { readonly kind: 'map'; readonly items: readonly Expression[]; readonly range: SourceRange }
/** `ARRAY(SELECT …)`. */
export interface CollectionQuery { readonly kind: 'collectionQuery'; readonly collection: 'ARRAY' | 'MAP' | 'MULTISET'; readonly query: Query; readonly range: SourceRange }
/** `a[i]`: array (from 1), map by key, or row. */
export interface IndexAccess { readonly kind: 'index'; readonly operand: Expression; readonly index: Expression; readonly range: SourceRange }
/** PostgreSQL's `a[i:j]`. */
export interface SliceAccess { readonly kind: 'slice'; readonly operand: Expression; readonly from: Expression | undefined; readonly to: Expression | undefined; readonly range: SourceRange }
/** `(expr).field`, `a[1].field`; `a.b` of plain names is a ColumnReference. */
export interface FieldAccess { readonly kind: 'field'; readonly operand: Expression; readonly field: Identifier; readonly range: SourceRange }
export interface AtTimeZone { readonly kind: 'atTimeZone'; readonly operand: Expression; readonly zone: Expression; readonly range: SourceRange }
export interface Collate { readonly kind: 'collate'; readonly operand: Expression; readonly collation: QualifiedName; readonly range: SourceRange }

/**
 * Any call in ordinary form. POSITION(a IN b [FROM c]), SUBSTRING(a FROM b [FOR c]) and OVERLAY(a PLACING b FROM c [FOR d]) are calls with their
 * arguments in that order. `bare`: written without parentheses (CURRENT_TIMESTAMP, CURRENT_USER …). COUNT(*) has one Star.
 * `orderBy` stands inside the parentheses (ARRAY_AGG(a ORDER BY b)), `withinGroup` behind.
 */
export interface FunctionCall {
  readonly kind: 'call'; readonly name: QualifiedName; readonly bare: boolean; readonly quantifier: 'ALL' | 'DISTINCT' | undefined; readonly args: readonly Argument[]; readonly orderBy: readonly SortItem[];
  readonly nulls: NullTreatment | undefined; readonly withinGroup: readonly SortItem[]; readonly filter: Expression | undefined; readonly over: Identifier | WindowSpec | undefined; readonly range: SourceRange;
}
export type NullTreatment = 'IGNORE NULLS' | 'RESPECT NULLS';
export type Argument = Expression | NamedArgument | TableArgument | Descriptor;
/** `SIZE => INTERVAL '1' DAY`. */
export interface NamedArgument { readonly kind: 'namedArgument'; readonly name: Identifier; readonly value: Exclude<Argument, NamedArgument>; readonly range: SourceRange }
/** `TABLE t [PARTITION BY …] [ORDER BY …]`, or a query in parentheses followed by PARTITION BY (without, it is a Subquery). */
export interface TableArgument { readonly kind: 'tableArgument'; readonly source: QualifiedName | Query; readonly hints: readonly Hint[]; readonly partitionBy: readonly Expression[]; readonly orderBy: readonly SortItem[]; readonly range: SourceRange }
export interface Descriptor { readonly kind: 'descriptor'; readonly columns: readonly DescriptorColumn[]; readonly range: SourceRange }
export interface DescriptorColumn { readonly kind: 'descriptorColumn'; readonly name: Identifier; readonly type: TypeNode | undefined; readonly range: SourceRange }

export interface Extract { readonly kind: 'extract'; readonly unit: TimeUnit; readonly operand: Expression; readonly range: SourceRange }
/** `characters` undefined: blanks. */
export interface Trim { readonly kind: 'trim'; readonly mode: 'BOTH' | 'LEADING' | 'TRAILING'; readonly characters: Expression | undefined; readonly operand: Expression; readonly range: SourceRange }
/** `FLOOR(ts TO HOUR)`; CEILING is CEIL. FLOOR(x) alone is a FunctionCall. */
export interface RoundToUnit { readonly kind: 'roundToUnit'; readonly function: 'FLOOR' | 'CEIL'; readonly operand: Expression; readonly unit: TimeUnit; readonly range: SourceRange }
/** `TIMESTAMPADD(unit, count, t)`, `TIMESTAMPDIFF(unit, from, to)`. */
export interface TimestampFunction { readonly kind: 'timestampFunction'; readonly function: 'TIMESTAMPADD' | 'TIMESTAMPDIFF'; readonly unit: TimeUnit; readonly left: Expression; readonly right: Expression; readonly range: SourceRange }

/** What a JSON function does ON EMPTY or ON ERROR; `undefined` in its owner: not written. */
export type JsonBehavior = { readonly kind: 'NULL' | 'ERROR' | 'TRUE' | 'FALSE' | 'UNKNOWN' | 'EMPTY ARRAY' | 'EMPTY OBJECT'; readonly range: SourceRange } | { readonly kind: 'DEFAULT'; readonly value: Expression; readonly range: SourceRange };
export type JsonOnNull = 'NULL' | 'ABSENT';
/** `onError`: TRUE, FALSE, UNKNOWN or ERROR. */
export interface JsonExists { readonly kind: 'jsonExists'; readonly input: Expression; readonly path: Expression; readonly onError: JsonBehavior | undefined; readonly range: SourceRange }
/** Behaviours: NULL, ERROR or DEFAULT. */
export interface JsonValue { readonly kind: 'jsonValue'; readonly input: Expression; readonly path: Expression; readonly returning: TypeNode | undefined; readonly onEmpty: JsonBehavior | undefined; readonly onError: JsonBehavior | undefined; readonly range: SourceRange }
/** Behaviours: NULL, ERROR, EMPTY ARRAY or EMPTY OBJECT. */
export interface JsonQuery { readonly kind: 'jsonQuery'; readonly input: Expression; readonly path: Expression; readonly returning: TypeNode | undefined; readonly wrapper: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL' | undefined; readonly onEmpty: JsonBehavior | undefined; readonly onError: JsonBehavior | undefined; readonly range: SourceRange }
/** JSON_OBJECT, and JSON_OBJECTAGG (`aggregate`, exactly one entry, may have a filter). */
export interface JsonObject { readonly kind: 'jsonObject'; readonly aggregate: boolean; readonly entries: readonly JsonEntry[]; readonly onNull: JsonOnNull | undefined; readonly filter: Expression | undefined; readonly range: SourceRange }
export interface JsonEntry { readonly kind: 'jsonEntry'; readonly key: Expression; readonly value: Expression; readonly range: SourceRange }
/** JSON_ARRAY, and JSON_ARRAYAGG (`aggregate`, exactly one item, may have an order and a filter). */
export interface JsonArray { readonly kind: 'jsonArray'; readonly aggregate: boolean; readonly items: readonly Expression[]; readonly orderBy: readonly SortItem[]; readonly onNull: JsonOnNull | undefined; readonly filter: Expression | undefined; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- windows and order

/** `nulls` undefined: the default of Flink (NULL is the smallest). `descending` false: ASC or nothing. */
export interface SortItem { readonly kind: 'sortItem'; readonly expression: Expression; readonly descending: boolean; readonly nulls: 'FIRST' | 'LAST' | undefined; readonly range: SourceRange }
export interface WindowSpec { readonly kind: 'windowSpec'; readonly base: Identifier | undefined; readonly partitionBy: readonly Expression[]; readonly orderBy: readonly SortItem[]; readonly frame: WindowFrame | undefined; readonly range: SourceRange }
/** `to` undefined: the short form without BETWEEN, which ends at CURRENT ROW. */
export interface WindowFrame { readonly kind: 'windowFrame'; readonly unit: 'ROWS' | 'RANGE'; readonly from: FrameBound; readonly to: FrameBound | undefined; readonly range: SourceRange }
export type FrameBound = { readonly kind: 'UNBOUNDED PRECEDING' | 'UNBOUNDED FOLLOWING' | 'CURRENT ROW'; readonly range: SourceRange } | { readonly kind: 'PRECEDING' | 'FOLLOWING'; readonly offset: Expression; readonly range: SourceRange };
export interface NamedWindow { readonly kind: 'namedWindow'; readonly name: Identifier; readonly spec: WindowSpec; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- queries

/**
 * A query with its WITH, ORDER BY and LIMIT. Every place that takes a query has exactly this node, even when all of those are absent.
 * `limit` is also FETCH FIRST n ROWS ONLY; LIMIT ALL is `undefined`.
 */
export interface Query { readonly kind: 'query'; readonly with: WithClause | undefined; readonly body: QueryBody; readonly orderBy: readonly SortItem[]; readonly limit: Expression | undefined; readonly offset: Expression | undefined; readonly range: SourceRange }
/** A Query as a body is a parenthesised one with clauses of its own; without any the parentheses vanish. */
export type QueryBody = Select | Values | SetOperation | ExplicitTable | Query;
export interface WithClause { readonly kind: 'with'; readonly recursive: boolean; readonly items: readonly CommonTable[]; readonly range: SourceRange }
export interface CommonTable { readonly kind: 'commonTable'; readonly name: Identifier; readonly columns: readonly Identifier[]; readonly query: Query; readonly range: SourceRange }
/**
 * A chain of one operator with one quantifier, two operands at least, combined from left to right: EXCEPT of (a, b, c) is (a EXCEPT b) EXCEPT c.
 * MINUS is EXCEPT; `all` false is DISTINCT. INTERSECT binds tighter than the other two.
 */
export interface SetOperation { readonly kind: 'setOperation'; readonly op: 'UNION' | 'INTERSECT' | 'EXCEPT'; readonly all: boolean; readonly operands: readonly QueryBody[]; readonly range: SourceRange }
/** Rows are `row` expressions, or any single expression standing for a row of one column. */
export interface Values { readonly kind: 'values'; readonly rows: readonly Expression[]; readonly range: SourceRange }
/** `TABLE t` as a query: SELECT * FROM t. */
export interface ExplicitTable { readonly kind: 'explicitTable'; readonly name: QualifiedName; readonly range: SourceRange }
/** `from` [] : no FROM clause; several entries: a comma list (cross joins, looser than JOIN). */
export interface Select {
  readonly kind: 'select'; readonly hints: readonly Hint[]; readonly distinct: boolean; readonly items: readonly SelectItem[]; readonly from: readonly TableReference[];
  readonly where: Expression | undefined; readonly groupBy: GroupBy | undefined; readonly having: Expression | undefined; readonly windows: readonly NamedWindow[]; readonly qualify: Expression | undefined; readonly range: SourceRange;
}
export interface SelectItem { readonly kind: 'selectItem'; readonly expression: Expression; readonly alias: Identifier | undefined; readonly range: SourceRange }
export interface GroupBy { readonly kind: 'groupBy'; readonly distinct: boolean; readonly items: readonly GroupItem[]; readonly range: SourceRange }
/** `(a, b)` as a group item is a `row` that is not explicit; `()` is the empty set. */
export type GroupItem = Expression | GroupingSets | EmptyGroupingSet;
export interface GroupingSets { readonly kind: 'groupingSets'; readonly form: 'GROUPING SETS' | 'CUBE' | 'ROLLUP'; readonly sets: readonly GroupItem[]; readonly range: SourceRange }
export interface EmptyGroupingSet { readonly kind: 'emptyGroupingSet'; readonly range: SourceRange }

/** `OPTIONS('k'='v')`, `STATE_TTL('a'='1d')`, `BROADCAST(t1, t2)`, `NO_X`. */
export interface Hint { readonly kind: 'hint'; readonly name: Identifier; readonly args: readonly HintArgument[]; readonly range: SourceRange }
/** Either `key = value` or a single value (a name with dots, a string or a number), all as text. */
export type HintArgument = OptionNode | { readonly kind: 'hintValue'; readonly form: 'name' | 'string' | 'number'; readonly value: string; readonly range: SourceRange };
/** `'key' = 'value'` in WITH, SET, hints: decoded texts with the ranges of their tokens. */
export interface OptionNode { readonly kind: 'option'; readonly key: string; readonly value: string; readonly keyRange: SourceRange; readonly valueRange: SourceRange; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- table references

export type TableReference = NamedTable | DerivedTable | TableFunction | Unnest | Join | MatchRecognize;
export interface TableAlias { readonly kind: 'tableAlias'; readonly name: Identifier; readonly columns: readonly Identifier[]; readonly range: SourceRange }
/** `asOf`: FOR SYSTEM_TIME AS OF. */
export interface NamedTable { readonly kind: 'namedTable'; readonly name: QualifiedName; readonly hints: readonly Hint[]; readonly asOf: Expression | undefined; readonly alias: TableAlias | undefined; readonly range: SourceRange }
export interface DerivedTable { readonly kind: 'derivedTable'; readonly lateral: boolean; readonly query: Query; readonly hints: readonly Hint[]; readonly alias: TableAlias | undefined; readonly range: SourceRange }
/** `[LATERAL] TABLE(f(…))`, or `f(…)` as in PostgreSQL (`wrapped` false). */
export interface TableFunction { readonly kind: 'tableFunction'; readonly lateral: boolean; readonly wrapped: boolean; readonly call: FunctionCall; readonly ordinality: boolean; readonly hints: readonly Hint[]; readonly alias: TableAlias | undefined; readonly range: SourceRange }
export interface Unnest { readonly kind: 'unnest'; readonly lateral: boolean; readonly operands: readonly Expression[]; readonly ordinality: boolean; readonly alias: TableAlias | undefined; readonly range: SourceRange }
/** At most one of `on` and `using`; neither for CROSS and natural joins. */
export interface Join { readonly kind: 'join'; readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | 'LEFT SEMI' | 'LEFT ANTI'; readonly natural: boolean; readonly left: TableReference; readonly right: TableReference; readonly on: Expression | undefined; readonly using: readonly Identifier[]; readonly range: SourceRange }

export interface MatchRecognize {
  readonly kind: 'matchRecognize'; readonly input: TableReference; readonly partitionBy: readonly Expression[]; readonly orderBy: readonly SortItem[]; readonly measures: readonly MatchMeasure[];
  readonly rowsPerMatch: 'ONE' | 'ALL' | undefined; readonly skip: MatchSkip | undefined; readonly pattern: MatchPattern; readonly strictStart: boolean; readonly strictEnd: boolean; readonly within: Expression | undefined;
  readonly subsets: readonly MatchSubset[]; readonly define: readonly MatchDefinition[]; readonly alias: TableAlias | undefined; readonly range: SourceRange;
}
export interface MatchMeasure { readonly kind: 'matchMeasure'; readonly mode: 'FINAL' | 'RUNNING' | undefined; readonly expression: Expression; readonly alias: Identifier; readonly range: SourceRange }
/** `TO v` without FIRST or LAST is TO LAST v. */
export type MatchSkip = { readonly kind: 'PAST LAST ROW' | 'TO NEXT ROW'; readonly range: SourceRange } | { readonly kind: 'TO FIRST' | 'TO LAST'; readonly variable: Identifier; readonly range: SourceRange };
export type MatchPattern = PatternVariable | PatternGroup | PatternPermute | PatternExclusion;
/** `max` undefined: without end. `B` alone is min 1, max 1. `reluctant`: a `?` behind the quantifier. */
export interface PatternQuantifier { readonly min: number; readonly max: number | undefined; readonly reluctant: boolean }
export interface PatternVariable { readonly kind: 'patternVariable'; readonly name: Identifier; readonly quantifier: PatternQuantifier; readonly range: SourceRange }
/** One alternative: a sequence; several: alternation with `|`. The whole pattern is such a group too. */
export interface PatternGroup { readonly kind: 'patternGroup'; readonly alternatives: readonly (readonly MatchPattern[])[]; readonly quantifier: PatternQuantifier; readonly range: SourceRange }
export interface PatternPermute { readonly kind: 'patternPermute'; readonly items: readonly MatchPattern[]; readonly quantifier: PatternQuantifier; readonly range: SourceRange }
/** `{- A -}`. */
export interface PatternExclusion { readonly kind: 'patternExclusion'; readonly pattern: PatternGroup; readonly quantifier: PatternQuantifier; readonly range: SourceRange }
export interface MatchSubset { readonly kind: 'matchSubset'; readonly name: Identifier; readonly variables: readonly Identifier[]; readonly range: SourceRange }
export interface MatchDefinition { readonly kind: 'matchDefinition'; readonly name: Identifier; readonly condition: Expression; readonly range: SourceRange }
