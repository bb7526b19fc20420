/** CREATE, DROP and the parts ALTER shares with CREATE. Source: Flink "CREATE Statements", "DROP Statements"; Alibaba Realtime Compute "CREATE TABLE AS", "CREATE DATABASE AS". */
import type { Identifier, OptionNode, QualifiedName } from './ast.ts';
import type {
  AsDatabase, ColumnElement, ColumnPosition, CreateFunction, CreateTable, Distribution, Drop, DropJob, DropSavepoint, DropTarget, DropUser, FunctionLanguage, FunctionResource, KeyConstraint, LikeOption, ModelColumn, PartitionItem, Statement, TableAsQuery, TableAsTable,
  TableElement, TableLike, Watermark,
} from './ast-statement.ts';
import { UserParser } from './parse-user.ts';

const NOTHING: never[] = [];
const CREATABLE = ['TABLE', 'VIEW', 'DATABASE', 'CATALOG', 'FUNCTION', 'MODEL', 'SECRET'] as const;
const CREATABLE_TEMPORARY = ['TABLE', 'VIEW', 'FUNCTION', 'MODEL'] as const;
const DROPPABLE = ['TABLE', 'VIEW', 'DATABASE', 'CATALOG', 'FUNCTION', 'MODEL', 'CONNECTION', 'SECRET'] as const;
const FEATURES = ['ALL', 'CONSTRAINTS', 'DISTRIBUTION', 'GENERATED', 'METADATA', 'OPTIONS', 'PARTITIONS', 'WATERMARKS'] as const;
export const LANGUAGES: readonly FunctionLanguage[] = ['JAVA', 'SCALA', 'PYTHON'];
const A_TABLE = 'a table name';

export abstract class DdlParser extends UserParser {
  protected create(start: number): Statement {
    this.next();
    const or = this.take('OR') ? this.needOne(['REPLACE', 'ALTER'] as const) : undefined;
    if (or === undefined && this.takeWords('SAVEPOINT', 'FOR', 'JOB')) return { kind: 'savepointJob', jobId: this.string('a job id in quotes'), range: this.rangeFrom(start) };
    const temporary = this.take('TEMPORARY') || this.take('TEMP');
    if (this.take('MATERIALIZED')) {
      this.need('TABLE');
      return this.#createMaterializedTable(or === 'REPLACE' ? 'CREATE OR REPLACE' : or === undefined ? 'CREATE' : 'CREATE OR ALTER', start);
    }
    if (or === 'ALTER') this.fail('MATERIALIZED');
    const replace = or === 'REPLACE';
    if (!temporary && or === undefined && this.atUser) return this.createUser(start);
    if (temporary && this.take('SYSTEM')) {
      this.need('FUNCTION');
      return this.#createFunction(replace, true, true, start);
    }
    const target = this.takeOne<typeof CREATABLE[number]>(temporary ? CREATABLE_TEMPORARY : CREATABLE);
    switch (target) {
      case 'TABLE': return this.createTable(replace ? 'CREATE OR REPLACE' : 'CREATE', temporary, start);
      case 'VIEW': return this.#createView(replace, temporary, start);
      case 'DATABASE': return this.#createDatabase(start);
      case 'CATALOG': return this.#createCatalog(start);
      case 'FUNCTION': return this.#createFunction(replace, temporary, false, start);
      case 'MODEL': return this.#createModel(temporary, start);
      case 'SECRET': return this.createSecret(replace, start);
      default: return this.fail('TABLE');
    }
  }

  /** Behind `CREATE … TABLE` or `REPLACE TABLE`. */
  protected createTable(form: CreateTable['form'], temporary: boolean, start: number): CreateTable {
    const ifNotExists = this.ifNotExists(), name = this.qualifiedName(A_TABLE);
    const elements = this.tok.word === '(' ? this.tableElements() : undefined, comment = this.optionalString('COMMENT'), distribution = this.distribution();
    const partitionedBy = this.takeWords('PARTITIONED', 'BY') ? this.nameList() : NOTHING, options = this.withOptions(), source = this.#tableSource();
    return { kind: 'createTable', form, temporary, ifNotExists, name, elements, comment, distribution, partitionedBy, options, source, range: this.rangeFrom(start) };
  }
  #tableSource(): TableAsQuery | TableAsTable | TableLike | undefined {
    const { start } = this.tok;
    if (this.take('LIKE')) return this.#like(start);
    if (!this.take('AS')) return undefined;
    if (!this.at('TABLE')) return { kind: 'asQuery', query: this.query(), range: this.rangeFrom(start) };
    this.next();
    const table = this.qualifiedName(A_TABLE), hints = this.hints();
    let addColumns: ColumnElement[] = NOTHING;
    if (this.take('ADD')) {
      this.need('COLUMN');
      addColumns = this.tok.word === '(' ? this.parenthesized(this.#column) : [this.#column()];
    }
    return { kind: 'asTable', table, hints, addColumns, range: this.rangeFrom(start) };
  }
  #like(start: number): TableLike {
    const table = this.qualifiedName(A_TABLE), options: LikeOption[] = [];
    if (this.take('(')) {
      while (!this.take(')')) {
        const from = this.tok.start, action = this.needOne(['INCLUDING', 'EXCLUDING', 'OVERWRITING'] as const), feature = this.needOne(FEATURES);
        options.push({ kind: 'likeOption', action, feature, range: this.rangeFrom(from) });
      }
    }
    return { kind: 'like', table, options, range: this.rangeFrom(start) };
  }

  /** `DISTRIBUTED [BY [HASH|RANGE] (cols)] [INTO n BUCKETS]`; ALTER says DISTRIBUTION. */
  protected distribution(word = 'DISTRIBUTED'): Distribution | undefined {
    const { start } = this.tok;
    if (!this.take(word)) return undefined;
    let method: Distribution['method'], columns: readonly Identifier[] = NOTHING, buckets: number | undefined;
    const by = this.take('BY');
    if (by) {
      method = this.takeOne(['HASH', 'RANGE'] as const);
      columns = this.nameList();
    }
    if (this.take('INTO')) {
      buckets = this.wholeNumber('a number of buckets');
      this.need('BUCKETS');
    } else if (!by) this.fail('BY');
    return { kind: 'distribution', method, columns, buckets, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- columns

  protected tableElements(): TableElement[] {
    this.need('(');
    if (this.take(')')) return [];
    const elements = this.list(this.tableElement);
    this.need(')');
    return elements;
  }
  protected tableElement(): TableElement {
    const { start } = this.tok;
    if (this.tok.word === 'WATERMARK' && this.peek().word === 'FOR') return this.#watermark(start);
    if (this.tok.word === 'CONSTRAINT' || this.atWords('PRIMARY', 'KEY') || this.atWords('UNIQUE', '(')) return this.#key(start, true);
    const behind = this.peek().word;
    if (this.atName && (behind === ',' || behind === ')')) return { kind: 'columnName', name: this.identifier(), range: this.rangeFrom(start) };
    return this.#column();
  }
  #watermark(start: number): Watermark {
    this.needWords('WATERMARK', 'FOR');
    const column = this.qualifiedName('a column name');
    this.need('AS');
    return { kind: 'watermark', column, expression: this.expression(), range: this.rangeFrom(start) };
  }
  /** `[CONSTRAINT n] PRIMARY KEY [(cols)] [[NOT] ENFORCED]`. */
  #key(start: number, withColumns: boolean): KeyConstraint {
    const name = this.take('CONSTRAINT') ? this.identifier('a constraint name') : undefined;
    const type = this.takeWords('PRIMARY', 'KEY') ? 'PRIMARY KEY' : this.take('UNIQUE') ? 'UNIQUE' : this.fail('PRIMARY KEY');
    const columns = withColumns ? this.nameList() : NOTHING;
    const enforced = this.takeWords('NOT', 'ENFORCED') ? false : this.take('ENFORCED') ? true : undefined;
    return { kind: 'keyConstraint', type, name, columns, enforced, range: this.rangeFrom(start) };
  }
  #column(): ColumnElement {
    const { start } = this.tok, name = this.identifier('a column name');
    if (this.take('AS')) {
      const expression = this.expression(), comment = this.optionalString('COMMENT'), position = this.#position();
      return { kind: 'computedColumn', name, expression, comment, position, range: this.rangeFrom(start) };
    }
    const type = this.type();
    if (this.take('METADATA')) {
      const key = this.optionalString('FROM'), virtual = this.take('VIRTUAL'), comment = this.optionalString('COMMENT'), position = this.#position();
      return { kind: 'metadataColumn', name, type, key, virtual, comment, position, range: this.rangeFrom(start) };
    }
    const from = this.tok.start, constraint = this.at('CONSTRAINT') || this.atWords('PRIMARY', 'KEY') || this.at('UNIQUE') ? this.#key(from, false) : undefined;
    const comment = this.optionalString('COMMENT'), position = this.#position();
    return { kind: 'physicalColumn', name, type, constraint, comment, position, range: this.rangeFrom(start) };
  }
  #position(): ColumnPosition | undefined {
    const { start } = this.tok;
    if (this.take('FIRST')) return { kind: 'first', range: this.rangeFrom(start) };
    return this.take('AFTER') ? { kind: 'after', column: this.identifier('a column name'), range: this.rangeFrom(start) } : undefined;
  }

  protected partitionItems(): PartitionItem[] {
    return this.parenthesized(() => {
      const { start } = this.tok, column = this.identifier('a column name'), value = this.take('=') ? this.expression() : undefined;
      return { kind: 'partitionItem', column, value, range: this.rangeFrom(start) };
    });
  }

  // -------------------------------------------------------------------------------------------------------------- other objects

  #createMaterializedTable(form: 'CREATE' | 'CREATE OR ALTER' | 'CREATE OR REPLACE', start: number): Statement {
    const ifNotExists = this.ifNotExists(), name = this.qualifiedName(A_TABLE), elements = this.tok.word === '(' ? this.tableElements() : undefined, comment = this.optionalString('COMMENT');
    const distribution = this.distribution(), partitionedBy = this.takeWords('PARTITIONED', 'BY') ? this.nameList() : NOTHING, options = this.withOptions();
    const freshness = this.takeWords('FRESHNESS', '=') ? this.expression() : undefined, refreshMode = this.takeWords('REFRESH_MODE', '=') ? this.needOne(['FULL', 'CONTINUOUS'] as const) : undefined;
    this.need('AS');
    return { kind: 'createMaterializedTable', form, ifNotExists, name, elements, comment, distribution, partitionedBy, options, freshness, refreshMode, query: this.query(), range: this.rangeFrom(start) };
  }
  #createView(orReplace: boolean, temporary: boolean, start: number): Statement {
    const ifNotExists = this.ifNotExists(), name = this.qualifiedName('a view name'), columns = this.tok.word === '(' ? this.nameList() : NOTHING, comment = this.optionalString('COMMENT');
    this.need('AS');
    return { kind: 'createView', orReplace, temporary, ifNotExists, name, columns, comment, query: this.query(), range: this.rangeFrom(start) };
  }
  #createCatalog(start: number): Statement {
    const ifNotExists = this.ifNotExists(), name = this.identifier('a catalog name'), comment = this.optionalString('COMMENT'), options = this.withOptions();
    return { kind: 'createCatalog', ifNotExists, name, comment, options, range: this.rangeFrom(start) };
  }
  #createDatabase(start: number): Statement {
    const ifNotExists = this.ifNotExists(), name = this.qualifiedName('a database name'), comment = this.optionalString('COMMENT'), options = this.withOptions(), source = this.#asDatabase();
    return { kind: 'createDatabase', ifNotExists, name, comment, options, source, range: this.rangeFrom(start) };
  }
  /** `AS DATABASE d [INCLUDING {ALL TABLES | TABLE 're'}] [EXCLUDING TABLE 're'] [hints]`. */
  #asDatabase(): AsDatabase | undefined {
    const { start } = this.tok;
    if (!this.take('AS')) return undefined;
    this.need('DATABASE');
    const database = this.qualifiedName('a database name');
    let including: string | undefined, excluding: string | undefined, includingAll = false;
    if (this.take('INCLUDING')) {
      includingAll = this.takeWords('ALL', 'TABLES');
      if (!includingAll) {
        this.needOne(['TABLE', 'TABLES']);
        including = this.string("a regular expression over table names in '…'");
      }
    }
    if (this.take('EXCLUDING')) {
      this.needOne(['TABLE', 'TABLES']);
      excluding = this.string("a regular expression over table names in '…'");
    }
    const hints = this.hints();
    return { kind: 'asDatabase', database, including, includingAll, excluding, hints, range: this.rangeFrom(start) };
  }
  #createFunction(orReplace: boolean, temporary: boolean, system: boolean, start: number): CreateFunction {
    const ifNotExists = this.ifNotExists(), name = this.qualifiedName('a function name');
    this.need('AS');
    const className = this.string('a class name in quotes'), language = this.take('LANGUAGE') ? this.needOne(LANGUAGES) : undefined;
    const resources = this.take('USING') ? this.list(this.#resource) : NOTHING, options: OptionNode[] | undefined = this.withOptions();
    return { kind: 'createFunction', orReplace, temporary, system, ifNotExists, name, className, language, resources, options, range: this.rangeFrom(start) };
  }
  #resource(): FunctionResource {
    const { start } = this.tok, type = this.needOne(['JAR', 'FILE', 'ARCHIVE'] as const);
    return { kind: 'resource', type, path: this.string(), range: this.rangeFrom(start) };
  }
  #createModel(temporary: boolean, start: number): Statement {
    const ifNotExists = this.ifNotExists(), name = this.qualifiedName('a model name');
    const input = this.take('INPUT') ? this.parenthesized(this.#modelColumn) : NOTHING, output = this.take('OUTPUT') ? this.parenthesized(this.#modelColumn) : NOTHING;
    const comment = this.optionalString('COMMENT'), options = this.withOptions(), query = this.take('AS') ? this.query() : undefined;
    return { kind: 'createModel', temporary, ifNotExists, name, input, output, comment, options, query, range: this.rangeFrom(start) };
  }
  #modelColumn(): ModelColumn {
    const { start } = this.tok, name = this.identifier('a column name');
    return { kind: 'modelColumn', name, type: this.type(), range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- DROP

  protected drop(start: number): Drop | DropJob | DropSavepoint | DropUser {
    this.next();
    if (this.atUser) return this.dropUser(start);
    if (this.take('JOB')) {
      const ifExists = this.ifExists();
      return { kind: 'dropJob', ifExists, jobId: this.string('a job id in quotes'), range: this.rangeFrom(start) };
    }
    if (this.take('SAVEPOINT')) {
      const ifExists = this.ifExists();
      return { kind: 'dropSavepoint', ifExists, path: this.string('a savepoint path in quotes'), range: this.rangeFrom(start) };
    }
    const temporary = this.take('TEMPORARY') || this.take('TEMP'), system = temporary && this.take('SYSTEM');
    const target: DropTarget = this.takeWords('MATERIALIZED', 'TABLE') ? 'MATERIALIZED TABLE' : this.needOne(system ? (['FUNCTION'] as const) : DROPPABLE);
    const ifExists = this.ifExists(), name: QualifiedName = this.qualifiedName(`a ${target.toLowerCase()} name`);
    const behavior = target === 'DATABASE' ? this.takeOne(['CASCADE', 'RESTRICT'] as const) : undefined;
    return { kind: 'drop', target, temporary, system, ifExists, name, behavior, range: this.rangeFrom(start) };
  }
}
