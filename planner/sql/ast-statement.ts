/**
 * The abstract syntax tree of statements: DDL, DML, session, job and PostgreSQL statements. Invariants as in `ast.ts`.
 * What a statement means, and whether Rivulet can do it, is decided by the binder and the server: the parser accepts all of Flink's language.
 */
import type { SourceRange } from '../../core/errors/define.ts';
import type { Expression, Hint, Identifier, Argument, OptionNode, QualifiedName, Query, TypeNode } from './ast.ts';

export type Statement =
  | QueryStatement | Insert | Update | Delete | Truncate
  | CreateTable | CreateMaterializedTable | CreateView | CreateCatalog | CreateDatabase | CreateFunction | CreateModel | CreateSecret
  | AlterTable | AlterView | AlterSecret | AlterDatabase | AlterCatalog | AlterFunction | AlterModel | AlterMaterializedTable | Drop | AnalyzeTable
  | StatementSet | BeginStatementSet | EndStatementSet | ExecuteStatement | ExecutePlan | CompilePlan
  | SetOption | SetTransaction | ShowOptions | ResetOption | Show | Describe | Explain | UseCatalog | UseDatabase | UseModules | LoadModule | UnloadModule | Jar | CallProcedure
  | StopJob | DropJob | RestartJob | SavepointJob | DropSavepoint | CreateUser | AlterUser | DropUser
  | Transaction | Savepoint | DeclareCursor | FetchCursor | CloseCursor | Copy | Discard | Prepare | ExecutePrepared | Deallocate | Notification;
export type StatementKind = Statement['kind'];

// ---------------------------------------------------------------------------------------------------------------- queries and DML

export interface QueryStatement { readonly kind: 'queryStatement'; readonly query: Query; readonly range: SourceRange }
/** `columns` []: no list written. A column may be a path into a row type. */
export interface Insert { readonly kind: 'insert'; readonly overwrite: boolean; readonly table: QualifiedName; readonly hints: readonly Hint[]; readonly partition: readonly PartitionItem[]; readonly columns: readonly QualifiedName[]; readonly query: Query; readonly range: SourceRange }
export interface PartitionItem { readonly kind: 'partitionItem'; readonly column: Identifier; readonly value: Expression | undefined; readonly range: SourceRange }
export interface Update { readonly kind: 'update'; readonly table: QualifiedName; readonly hints: readonly Hint[]; readonly assignments: readonly Assignment[]; readonly where: Expression | undefined; readonly range: SourceRange }
export interface Assignment { readonly kind: 'assignment'; readonly target: QualifiedName; readonly value: Expression; readonly range: SourceRange }
export interface Delete { readonly kind: 'delete'; readonly table: QualifiedName; readonly hints: readonly Hint[]; readonly where: Expression | undefined; readonly range: SourceRange }
export interface Truncate { readonly kind: 'truncate'; readonly table: QualifiedName; readonly range: SourceRange }
/** `columns` []: table statistics only; 'ALL': FOR ALL COLUMNS. */
export interface AnalyzeTable { readonly kind: 'analyzeTable'; readonly table: QualifiedName; readonly partition: readonly PartitionItem[]; readonly columns: readonly Identifier[] | 'ALL'; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- CREATE

/**
 * `elements` undefined: no parentheses written. `source`: AS query (CTAS), AS TABLE (Alibaba's CTAS) or LIKE.
 * `form`: CREATE, CREATE OR REPLACE, or REPLACE TABLE.
 */
export interface CreateTable {
  readonly kind: 'createTable'; readonly form: 'CREATE' | 'CREATE OR REPLACE' | 'REPLACE'; readonly temporary: boolean; readonly ifNotExists: boolean; readonly name: QualifiedName; readonly elements: readonly TableElement[] | undefined;
  readonly comment: string | undefined; readonly distribution: Distribution | undefined; readonly partitionedBy: readonly Identifier[]; readonly options: readonly OptionNode[] | undefined;
  readonly source: TableAsQuery | TableAsTable | TableLike | undefined; readonly range: SourceRange;
}
export interface TableAsQuery { readonly kind: 'asQuery'; readonly query: Query; readonly range: SourceRange }
/** `AS TABLE t /*+ OPTIONS(…) * / ADD COLUMN (…)`. */
export interface TableAsTable { readonly kind: 'asTable'; readonly table: QualifiedName; readonly hints: readonly Hint[]; readonly addColumns: readonly ColumnElement[]; readonly range: SourceRange }
export interface TableLike { readonly kind: 'like'; readonly table: QualifiedName; readonly options: readonly LikeOption[]; readonly range: SourceRange }
export interface LikeOption { readonly kind: 'likeOption'; readonly action: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING'; readonly feature: 'ALL' | 'CONSTRAINTS' | 'DISTRIBUTION' | 'GENERATED' | 'METADATA' | 'OPTIONS' | 'PARTITIONS' | 'WATERMARKS'; readonly range: SourceRange }
/** `DISTRIBUTED BY [HASH|RANGE](cols) [INTO n BUCKETS]`; `columns` [] for DISTRIBUTED INTO n BUCKETS. */
export interface Distribution { readonly kind: 'distribution'; readonly method: 'HASH' | 'RANGE' | undefined; readonly columns: readonly Identifier[]; readonly buckets: number | undefined; readonly range: SourceRange }

export type TableElement = ColumnElement | ColumnName | Watermark | KeyConstraint;
export type ColumnElement = PhysicalColumn | MetadataColumn | ComputedColumn;
export type ColumnPosition = { readonly kind: 'first'; readonly range: SourceRange } | { readonly kind: 'after'; readonly column: Identifier; readonly range: SourceRange };
/** `primaryKey`: the column constraint `PRIMARY KEY [NOT] ENFORCED`. `position` only in ALTER TABLE and ADD COLUMN. */
export interface PhysicalColumn { readonly kind: 'physicalColumn'; readonly name: Identifier; readonly type: TypeNode; readonly constraint: KeyConstraint | undefined; readonly comment: string | undefined; readonly position: ColumnPosition | undefined; readonly range: SourceRange }
/** `key` undefined: the column's name is the metadata key. */
export interface MetadataColumn { readonly kind: 'metadataColumn'; readonly name: Identifier; readonly type: TypeNode; readonly key: string | undefined; readonly virtual: boolean; readonly comment: string | undefined; readonly position: ColumnPosition | undefined; readonly range: SourceRange }
export interface ComputedColumn { readonly kind: 'computedColumn'; readonly name: Identifier; readonly expression: Expression; readonly comment: string | undefined; readonly position: ColumnPosition | undefined; readonly range: SourceRange }
/** A bare name in the column list of CREATE TABLE (a, b) … AS SELECT: chooses and orders columns of the query. */
export interface ColumnName { readonly kind: 'columnName'; readonly name: Identifier; readonly range: SourceRange }
export interface Watermark { readonly kind: 'watermark'; readonly column: QualifiedName; readonly expression: Expression; readonly range: SourceRange }
/** As a table element `columns` are named; as a column constraint `columns` is []. `enforced` undefined: not said. */
export interface KeyConstraint { readonly kind: 'keyConstraint'; readonly type: 'PRIMARY KEY' | 'UNIQUE'; readonly name: Identifier | undefined; readonly columns: readonly Identifier[]; readonly enforced: boolean | undefined; readonly range: SourceRange }

export interface CreateMaterializedTable {
  readonly kind: 'createMaterializedTable'; readonly form: 'CREATE' | 'CREATE OR ALTER' | 'CREATE OR REPLACE'; readonly ifNotExists: boolean; readonly name: QualifiedName; readonly elements: readonly TableElement[] | undefined; readonly comment: string | undefined; readonly distribution: Distribution | undefined; readonly partitionedBy: readonly Identifier[];
  readonly options: readonly OptionNode[] | undefined; readonly freshness: Expression | undefined; readonly refreshMode: 'FULL' | 'CONTINUOUS' | undefined; readonly query: Query; readonly range: SourceRange;
}
export interface CreateView { readonly kind: 'createView'; readonly orReplace: boolean; readonly temporary: boolean; readonly ifNotExists: boolean; readonly name: QualifiedName; readonly columns: readonly Identifier[]; readonly comment: string | undefined; readonly query: Query; readonly range: SourceRange }
export interface CreateCatalog { readonly kind: 'createCatalog'; readonly ifNotExists: boolean; readonly name: Identifier; readonly comment: string | undefined; readonly options: readonly OptionNode[] | undefined; readonly range: SourceRange }
/** `source`: CREATE DATABASE … AS DATABASE (Alibaba's CDAS). */
export interface CreateDatabase { readonly kind: 'createDatabase'; readonly ifNotExists: boolean; readonly name: QualifiedName; readonly comment: string | undefined; readonly options: readonly OptionNode[] | undefined; readonly source: AsDatabase | undefined; readonly range: SourceRange }
/** `including`, `excluding`: regular expressions over table names; `includingAll`: INCLUDING ALL TABLES. */
export interface AsDatabase { readonly kind: 'asDatabase'; readonly database: QualifiedName; readonly including: string | undefined; readonly includingAll: boolean; readonly excluding: string | undefined; readonly hints: readonly Hint[]; readonly range: SourceRange }
export interface CreateFunction { readonly kind: 'createFunction'; readonly orReplace: boolean; readonly temporary: boolean; readonly system: boolean; readonly ifNotExists: boolean; readonly name: QualifiedName; readonly className: string; readonly language: FunctionLanguage | undefined; readonly resources: readonly FunctionResource[]; readonly options: readonly OptionNode[] | undefined; readonly range: SourceRange }
export type FunctionLanguage = 'JAVA' | 'SCALA' | 'PYTHON';
export interface FunctionResource { readonly kind: 'resource'; readonly type: 'JAR' | 'FILE' | 'ARCHIVE'; readonly path: string; readonly range: SourceRange }
export interface CreateModel { readonly kind: 'createModel'; readonly temporary: boolean; readonly ifNotExists: boolean; readonly name: QualifiedName; readonly input: readonly ModelColumn[]; readonly output: readonly ModelColumn[]; readonly comment: string | undefined; readonly options: readonly OptionNode[] | undefined; readonly query: Query | undefined; readonly range: SourceRange }
export interface ModelColumn { readonly kind: 'modelColumn'; readonly name: Identifier; readonly type: TypeNode; readonly range: SourceRange }
/** Rivulet: `CREATE [OR REPLACE] SECRET [IF NOT EXISTS] name AS 'value'`, `ALTER SECRET [IF EXISTS] name AS 'value'`. */
export interface CreateSecret { readonly kind: 'createSecret'; readonly orReplace: boolean; readonly ifNotExists: boolean; readonly name: Identifier; readonly value: string; readonly range: SourceRange }
export interface AlterSecret { readonly kind: 'alterSecret'; readonly ifExists: boolean; readonly name: Identifier; readonly value: string; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- ALTER, DROP

export interface SetOptionsAction { readonly kind: 'setOptions'; readonly options: readonly OptionNode[]; readonly range: SourceRange }
export interface ResetOptionsAction { readonly kind: 'resetOptions'; readonly keys: readonly OptionKey[]; readonly range: SourceRange }
export interface OptionKey { readonly kind: 'optionKey'; readonly key: string; readonly range: SourceRange }
export interface RenameAction { readonly kind: 'rename'; readonly to: QualifiedName; readonly range: SourceRange }
export interface AsQueryAction { readonly kind: 'asQuery'; readonly query: Query; readonly range: SourceRange }
export interface CommentAction { readonly kind: 'comment'; readonly comment: string; readonly range: SourceRange }

export interface AlterTable { readonly kind: 'alterTable'; readonly ifExists: boolean; readonly name: QualifiedName; readonly action: AlterTableAction; readonly range: SourceRange }
export type AlterTableAction = SetOptionsAction | ResetOptionsAction | RenameAction | TableElementsAction | TableDropAction | PartitionsAction
  | { readonly kind: 'renameColumn'; readonly from: QualifiedName; readonly to: Identifier; readonly range: SourceRange };
/** ADD or MODIFY of columns, keys and watermarks, or of the distribution. */
export type TableElementsAction = { readonly kind: 'addElements' | 'modifyElements'; readonly elements: readonly TableElement[]; readonly range: SourceRange } | { readonly kind: 'addDistribution' | 'modifyDistribution'; readonly distribution: Distribution; readonly range: SourceRange };
export type TableDropAction = { readonly kind: 'dropColumns'; readonly columns: readonly QualifiedName[]; readonly range: SourceRange } | { readonly kind: 'dropPrimaryKey' | 'dropWatermark' | 'dropDistribution'; readonly range: SourceRange } | { readonly kind: 'dropConstraint'; readonly name: Identifier; readonly range: SourceRange };
export type PartitionsAction = { readonly kind: 'addPartitions'; readonly ifNotExists: boolean; readonly partitions: readonly PartitionSpec[]; readonly range: SourceRange } | { readonly kind: 'dropPartitions'; readonly ifExists: boolean; readonly partitions: readonly PartitionSpec[]; readonly range: SourceRange };
export interface PartitionSpec { readonly kind: 'partitionSpec'; readonly items: readonly PartitionItem[]; readonly options: readonly OptionNode[] | undefined; readonly range: SourceRange }
export interface AlterView { readonly kind: 'alterView'; readonly ifExists: boolean; readonly name: QualifiedName; readonly action: RenameAction | AsQueryAction | SetOptionsAction | ResetOptionsAction; readonly range: SourceRange }
export interface AlterDatabase { readonly kind: 'alterDatabase'; readonly name: QualifiedName; readonly action: SetOptionsAction; readonly range: SourceRange }
export interface AlterCatalog { readonly kind: 'alterCatalog'; readonly name: Identifier; readonly action: SetOptionsAction | ResetOptionsAction | CommentAction; readonly range: SourceRange }
export interface AlterFunction { readonly kind: 'alterFunction'; readonly temporary: boolean; readonly system: boolean; readonly ifExists: boolean; readonly name: QualifiedName; readonly className: string; readonly language: FunctionLanguage | undefined; readonly range: SourceRange }
export interface AlterModel { readonly kind: 'alterModel'; readonly ifExists: boolean; readonly name: QualifiedName; readonly action: SetOptionsAction | ResetOptionsAction | RenameAction; readonly range: SourceRange }
export interface AlterMaterializedTable { readonly kind: 'alterMaterializedTable'; readonly name: QualifiedName; readonly action: MaterializedTableAction; readonly range: SourceRange }
export type MaterializedTableAction = AsQueryAction | SetOptionsAction | ResetOptionsAction | TableElementsAction | TableDropAction
  | { readonly kind: 'suspend'; readonly range: SourceRange } | { readonly kind: 'resume'; readonly options: readonly OptionNode[] | undefined; readonly range: SourceRange } | { readonly kind: 'refresh'; readonly partition: readonly PartitionItem[]; readonly range: SourceRange }
  | { readonly kind: 'setFreshness'; readonly freshness: Expression; readonly range: SourceRange } | { readonly kind: 'setRefreshMode'; readonly mode: 'FULL' | 'CONTINUOUS'; readonly range: SourceRange };

export type DropTarget = 'TABLE' | 'VIEW' | 'DATABASE' | 'CATALOG' | 'FUNCTION' | 'MATERIALIZED TABLE' | 'MODEL' | 'CONNECTION' | 'SECRET';
/** `behavior` only for DATABASE. `system` only for TEMPORARY SYSTEM FUNCTION. */
export interface Drop { readonly kind: 'drop'; readonly target: DropTarget; readonly temporary: boolean; readonly system: boolean; readonly ifExists: boolean; readonly name: QualifiedName; readonly behavior: 'CASCADE' | 'RESTRICT' | undefined; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- jobs

/** What may stand in a statement set: INSERT, and Alibaba's CTAS and CDAS. */
export type StatementSetMember = Insert | CreateTable | CreateDatabase;
/** Several statements compiled into one job: `EXECUTE STATEMENT SET BEGIN … END` or, in one text, `BEGIN STATEMENT SET; … END`. */
export interface StatementSet { readonly kind: 'statementSet'; readonly form: 'EXECUTE' | 'BEGIN'; readonly statements: readonly StatementSetMember[]; readonly range: SourceRange }
/** `BEGIN STATEMENT SET` with its END not in the same text (psql sends statement after statement), or any when parsing stepwise. */
export interface BeginStatementSet { readonly kind: 'beginStatementSet'; readonly range: SourceRange }
/** `END` alone: ends the open statement set; without one it is PostgreSQL's COMMIT. The session knows which. */
export interface EndStatementSet { readonly kind: 'endStatementSet'; readonly range: SourceRange }
/** `EXECUTE INSERT …`, `EXECUTE SELECT …`: the same as without EXECUTE. */
export interface ExecuteStatement { readonly kind: 'executeStatement'; readonly statement: Insert | QueryStatement; readonly range: SourceRange }
export interface ExecutePlan { readonly kind: 'executePlan'; readonly path: string; readonly range: SourceRange }
/** `execute`: COMPILE AND EXECUTE PLAN. */
export interface CompilePlan { readonly kind: 'compilePlan'; readonly execute: boolean; readonly path: string; readonly ifNotExists: boolean; readonly statement: Insert | StatementSet; readonly range: SourceRange }
export interface StopJob { readonly kind: 'stopJob'; readonly jobId: string; readonly withSavepoint: boolean; readonly withDrain: boolean; readonly range: SourceRange }
/** Rivulet: removes a job and its state. */
export interface DropJob { readonly kind: 'dropJob'; readonly ifExists: boolean; readonly jobId: string; readonly range: SourceRange }
/** Rivulet: `CREATE SAVEPOINT FOR JOB 'id'`; the job goes on. */
export interface SavepointJob { readonly kind: 'savepointJob'; readonly jobId: string; readonly range: SourceRange }
/** Rivulet: removes a savepoint's files. */
export interface DropSavepoint { readonly kind: 'dropSavepoint'; readonly ifExists: boolean; readonly path: string; readonly range: SourceRange }
/** Rivulet. `from` undefined: from the last checkpoint. */
export interface RestartJob { readonly kind: 'restartJob'; readonly jobId: string; readonly from: { readonly kind: 'savepoint'; readonly path: string } | { readonly kind: 'initial' } | undefined; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- users

/** Rivulet's two roles. */
export type UserRole = 'admin' | 'read-only';
/** `password`: undefined not said, null `PASSWORD NULL`. Never print or log such a node. */
export interface UserOptions { readonly role: UserRole | undefined; readonly password: string | null | undefined }
/** `CREATE {USER|ROLE} [IF NOT EXISTS] name [WITH] [ADMIN | READ ONLY] [PASSWORD '…']`. */
export interface CreateUser extends UserOptions { readonly kind: 'createUser'; readonly ifNotExists: boolean; readonly name: Identifier; readonly range: SourceRange }
/** `name` undefined: CURRENT_USER. */
export interface AlterUser extends UserOptions { readonly kind: 'alterUser'; readonly ifExists: boolean; readonly name: Identifier | undefined; readonly range: SourceRange }
export interface DropUser { readonly kind: 'dropUser'; readonly ifExists: boolean; readonly names: readonly Identifier[]; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- session

/**
 * `SET 'k' = 'v'` (form 'quoted'), the old `SET k.x = v` and PostgreSQL's `SET [SESSION|LOCAL] name {=|TO} value, …` (form 'plain').
 * `value` is what an option parser wants; `values` the comma-separated parts; both are undefined / [] for `= DEFAULT`.
 */
export interface SetOption { readonly kind: 'setOption'; readonly form: 'quoted' | 'plain'; readonly scope: 'SESSION' | 'LOCAL' | undefined; readonly key: string; readonly value: string | undefined; readonly values: readonly string[]; readonly keyRange: SourceRange; readonly valueRange: SourceRange; readonly range: SourceRange }
/** `SET TRANSACTION …`, `SET SESSION CHARACTERISTICS AS TRANSACTION …`. */
export interface SetTransaction { readonly kind: 'setTransaction'; readonly scope: 'SESSION' | 'TRANSACTION'; readonly modes: TransactionModes; readonly range: SourceRange }
/** `SET` alone lists the options. */
export interface ShowOptions { readonly kind: 'showOptions'; readonly range: SourceRange }
/** `key` undefined: RESET, RESET ALL. */
export interface ResetOption { readonly kind: 'resetOption'; readonly key: string | undefined; readonly keyRange: SourceRange; readonly range: SourceRange }

export type ShowTarget = 'CATALOGS' | 'CURRENT CATALOG' | 'CURRENT DATABASE' | 'DATABASES' | 'TABLES' | 'VIEWS' | 'MATERIALIZED TABLES' | 'COLUMNS' | 'PARTITIONS' | 'FUNCTIONS' | 'USER FUNCTIONS' | 'PROCEDURES' | 'MODULES' | 'FULL MODULES' | 'MODELS' | 'JARS' | 'JOBS' | 'CONNECTIONS'
  | 'SAVEPOINTS' | 'CHECKPOINTS' | 'BAD RECORDS' | 'SECRETS' | 'USERS' | 'CREATE TABLE' | 'CREATE VIEW' | 'CREATE CATALOG' | 'CREATE DATABASE' | 'CREATE MATERIALIZED TABLE' | 'CREATE MODEL' | 'SETTING';
/** `name`: FROM/IN name, or the object of SHOW CREATE, PARTITIONS, COLUMNS. `setting`: PostgreSQL's SHOW name (`transaction_isolation`, `TimeZone`, `all` normalised). `jobId`: BAD RECORDS FOR JOB. */
export interface Show { readonly kind: 'show'; readonly target: ShowTarget; readonly preposition: 'FROM' | 'IN' | undefined; readonly name: QualifiedName | undefined; readonly setting: string | undefined; readonly jobId: string | undefined; readonly partition: readonly PartitionItem[]; readonly like: LikeFilter | undefined; readonly range: SourceRange }
export interface LikeFilter { readonly kind: 'likeFilter'; readonly negated: boolean; readonly op: 'LIKE' | 'ILIKE'; readonly pattern: string; readonly range: SourceRange }
/** `name` undefined only for JOB, which has `jobId`. */
export interface Describe { readonly kind: 'describe'; readonly target: 'TABLE' | 'CATALOG' | 'DATABASE' | 'FUNCTION' | 'MODEL' | 'CONNECTION' | 'JOB'; readonly extended: boolean; readonly name: QualifiedName | undefined; readonly jobId: string | undefined; readonly range: SourceRange }
export type ExplainDetail = 'ESTIMATED_COST' | 'CHANGELOG_MODE' | 'JSON_EXECUTION_PLAN' | 'PLAN_ADVICE' | 'ANALYZE' | 'VERBOSE';
/** `options`: PostgreSQL's EXPLAIN (ANALYZE, FORMAT JSON), words in upper case. */
export interface Explain { readonly kind: 'explain'; readonly details: readonly ExplainDetail[]; readonly options: readonly ExplainOption[]; readonly statement: Statement; readonly range: SourceRange }
export interface ExplainOption { readonly kind: 'explainOption'; readonly name: string; readonly value: string | undefined; readonly range: SourceRange }
export interface UseCatalog { readonly kind: 'useCatalog'; readonly name: Identifier; readonly range: SourceRange }
export interface UseDatabase { readonly kind: 'useDatabase'; readonly name: QualifiedName; readonly range: SourceRange }
export interface UseModules { readonly kind: 'useModules'; readonly names: readonly Identifier[]; readonly range: SourceRange }
export interface LoadModule { readonly kind: 'loadModule'; readonly name: Identifier; readonly options: readonly OptionNode[] | undefined; readonly range: SourceRange }
export interface UnloadModule { readonly kind: 'unloadModule'; readonly name: Identifier; readonly range: SourceRange }
export interface Jar { readonly kind: 'jar'; readonly action: 'ADD' | 'REMOVE'; readonly path: string; readonly range: SourceRange }
export interface CallProcedure { readonly kind: 'callProcedure'; readonly name: QualifiedName; readonly args: readonly Argument[]; readonly range: SourceRange }

// ---------------------------------------------------------------------------------------------------------------- PostgreSQL

export interface TransactionModes { readonly isolation: 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE' | undefined; readonly readOnly: boolean | undefined; readonly deferrable: boolean | undefined }
/** BEGIN and START TRANSACTION; COMMIT, END TRANSACTION; ROLLBACK, ABORT. Bare END is an EndStatementSet. */
export interface Transaction { readonly kind: 'transaction'; readonly action: 'BEGIN' | 'COMMIT' | 'ROLLBACK'; readonly modes: TransactionModes; readonly range: SourceRange }
export interface Savepoint { readonly kind: 'savepoint'; readonly action: 'SAVEPOINT' | 'RELEASE' | 'ROLLBACK TO'; readonly name: Identifier; readonly range: SourceRange }
export interface DeclareCursor { readonly kind: 'declareCursor'; readonly name: Identifier; readonly binary: boolean; readonly scroll: boolean | undefined; readonly hold: boolean; readonly query: Query; readonly range: SourceRange }
/** `count` 'ALL' or a number; negative counts go backward. `move`: MOVE instead of FETCH. */
export interface FetchCursor { readonly kind: 'fetchCursor'; readonly move: boolean; readonly direction: 'NEXT' | 'PRIOR' | 'FIRST' | 'LAST' | 'ABSOLUTE' | 'RELATIVE' | 'FORWARD' | 'BACKWARD'; readonly count: number | 'ALL'; readonly cursor: Identifier; readonly range: SourceRange }
/** `name` undefined: ALL. */
export interface CloseCursor { readonly kind: 'closeCursor'; readonly name: Identifier | undefined; readonly range: SourceRange }
/** COPY (query) TO STDOUT or COPY table FROM STDIN. Option names are upper case. */
export interface Copy { readonly kind: 'copy'; readonly source: QualifiedName | Query; readonly columns: readonly Identifier[]; readonly direction: 'TO STDOUT' | 'FROM STDIN' | 'TO FILE' | 'FROM FILE'; readonly path: string | undefined; readonly options: readonly CopyOption[]; readonly range: SourceRange }
export interface CopyOption { readonly kind: 'copyOption'; readonly name: string; readonly value: string | undefined; readonly range: SourceRange }
export interface Discard { readonly kind: 'discard'; readonly what: 'ALL' | 'PLANS' | 'SEQUENCES' | 'TEMP'; readonly range: SourceRange }
export interface Prepare { readonly kind: 'prepare'; readonly name: Identifier; readonly types: readonly TypeNode[]; readonly statement: Statement; readonly range: SourceRange }
export interface ExecutePrepared { readonly kind: 'executePrepared'; readonly name: Identifier; readonly args: readonly Expression[]; readonly range: SourceRange }
export interface Deallocate { readonly kind: 'deallocate'; readonly name: Identifier | undefined; readonly range: SourceRange }
/** `channel` undefined: UNLISTEN *. */
export interface Notification { readonly kind: 'notification'; readonly action: 'LISTEN' | 'UNLISTEN' | 'NOTIFY'; readonly channel: Identifier | undefined; readonly payload: string | undefined; readonly range: SourceRange }
