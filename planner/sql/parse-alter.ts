/** ALTER. Source: Flink "ALTER Statements" and flink-sql-parser. */
import type { QualifiedName } from './ast.ts';
import type {
  AlterTableAction, AsQueryAction, CommentAction, MaterializedTableAction, OptionKey, PartitionSpec, RenameAction, ResetOptionsAction, SetOptionsAction, Statement, TableDropAction, TableElementsAction,
} from './ast-statement.ts';
import { DdlParser, LANGUAGES } from './parse-ddl.ts';

export abstract class AlterParser extends DdlParser {
  protected alter(start: number): Statement {
    this.next();
    if (this.atUser) return this.alterUser(start);
    const temporary = this.take('TEMPORARY'), system = temporary && this.take('SYSTEM');
    if (temporary || this.at('FUNCTION')) return this.#alterFunction(temporary, system, start);
    if (this.takeWords('MATERIALIZED', 'TABLE')) {
      const name = this.qualifiedName('a table name');
      return { kind: 'alterMaterializedTable', name, action: this.#materializedTableAction(), range: this.rangeFrom(start) };
    }
    switch (this.takeOne(['TABLE', 'VIEW', 'DATABASE', 'CATALOG', 'MODEL', 'SECRET'] as const)) {
      case 'TABLE': {
        const ifExists = this.ifExists(), name = this.qualifiedName('a table name');
        return { kind: 'alterTable', ifExists, name, action: this.#tableAction(), range: this.rangeFrom(start) };
      }
      case 'VIEW': {
        const ifExists = this.ifExists(), name = this.qualifiedName('a view name');
        const action = this.#optionsAction() ?? this.#rename() ?? this.#asQuery();
        return { kind: 'alterView', ifExists, name, action: action ?? this.fail('AS'), range: this.rangeFrom(start) };
      }
      case 'DATABASE': {
        const name = this.qualifiedName('a database name'), from = this.tok.start;
        this.need('SET');
        const action: SetOptionsAction = { kind: 'setOptions', options: this.options(), range: this.rangeFrom(from) };
        return { kind: 'alterDatabase', name, action, range: this.rangeFrom(start) };
      }
      case 'CATALOG': {
        const name = this.identifier('a catalog name'), action = this.#optionsAction() ?? this.#comment();
        return { kind: 'alterCatalog', name, action: action ?? this.fail('SET'), range: this.rangeFrom(start) };
      }
      case 'MODEL': {
        const ifExists = this.ifExists(), name = this.qualifiedName('a model name'), action = this.#optionsAction() ?? this.#rename();
        return { kind: 'alterModel', ifExists, name, action: action ?? this.fail('SET'), range: this.rangeFrom(start) };
      }
      case 'SECRET': return this.alterSecret(start);
      default: return this.fail('TABLE');
    }
  }

  #alterFunction(temporary: boolean, system: boolean, start: number): Statement {
    this.need('FUNCTION');
    const ifExists = this.ifExists(), name = this.qualifiedName('a function name');
    this.need('AS');
    const className = this.string('a class name in quotes'), language = this.take('LANGUAGE') ? this.needOne(LANGUAGES) : undefined;
    return { kind: 'alterFunction', temporary, system, ifExists, name, className, language, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- actions

  /** `SET (…)`, `RESET (…)`. */
  #optionsAction(): SetOptionsAction | ResetOptionsAction | undefined {
    const { start } = this.tok;
    if (this.take('SET')) return { kind: 'setOptions', options: this.options(), range: this.rangeFrom(start) };
    if (!this.take('RESET')) return undefined;
    const keys = this.parenthesized((): OptionKey => {
      const from = this.tok.start;
      return { kind: 'optionKey', key: this.string("an option key in '…'"), range: this.rangeFrom(from) };
    });
    return { kind: 'resetOptions', keys, range: this.rangeFrom(start) };
  }
  #rename(): RenameAction | undefined {
    const { start } = this.tok;
    if (!this.takeWords('RENAME', 'TO')) return undefined;
    return { kind: 'rename', to: this.qualifiedName('a name'), range: this.rangeFrom(start) };
  }
  #asQuery(): AsQueryAction | undefined {
    const { start } = this.tok;
    return this.take('AS') ? { kind: 'asQuery', query: this.query(), range: this.rangeFrom(start) } : undefined;
  }
  #comment(): CommentAction | undefined {
    const { start } = this.tok;
    return this.take('COMMENT') ? { kind: 'comment', comment: this.string(), range: this.rangeFrom(start) } : undefined;
  }

  #tableAction(): AlterTableAction {
    const { start } = this.tok, shared = this.#optionsAction() ?? this.#rename() ?? this.#partitions() ?? this.#elements() ?? this.#drop();
    if (shared !== undefined) return shared;
    if (!this.take('RENAME')) return this.fail('RENAME');
    const from: QualifiedName = this.qualifiedName('a column name');
    this.need('TO');
    return { kind: 'renameColumn', from, to: this.identifier('a column name'), range: this.rangeFrom(start) };
  }
  #elements(): TableElementsAction | undefined {
    const { start } = this.tok, word = this.takeOne(['ADD', 'MODIFY'] as const);
    if (word === undefined) return undefined;
    const distribution = this.peek().word === 'BY' || this.peek().word === 'INTO' ? this.distribution('DISTRIBUTION') : undefined;
    if (distribution !== undefined) return { kind: word === 'ADD' ? 'addDistribution' : 'modifyDistribution', distribution, range: this.rangeFrom(start) };
    const elements = this.tok.word === '(' ? this.tableElements() : [this.tableElement()];
    return { kind: word === 'ADD' ? 'addElements' : 'modifyElements', elements, range: this.rangeFrom(start) };
  }
  #drop(): TableDropAction | undefined {
    const { start } = this.tok;
    if (!this.take('DROP')) return undefined;
    if (this.takeWords('PRIMARY', 'KEY')) return { kind: 'dropPrimaryKey', range: this.rangeFrom(start) };
    if (this.take('WATERMARK')) return { kind: 'dropWatermark', range: this.rangeFrom(start) };
    if (this.tok.word === 'DISTRIBUTION' && this.peek().word !== ',') { this.next(); return { kind: 'dropDistribution', range: this.rangeFrom(start) }; }
    if (this.take('CONSTRAINT')) return { kind: 'dropConstraint', name: this.identifier('a constraint name'), range: this.rangeFrom(start) };
    this.take('COLUMN');
    const columns = this.tok.word === '(' ? this.parenthesized(() => this.qualifiedName('a column name')) : [this.qualifiedName('a column name')];
    return { kind: 'dropColumns', columns, range: this.rangeFrom(start) };
  }
  /** `ADD [IF NOT EXISTS] PARTITION (…) [WITH (…)] …`, `DROP [IF EXISTS] PARTITION (…), …`. */
  #partitions(): AlterTableAction | undefined {
    const { start, word } = this.tok, ahead = this.peek().word === 'IF' ? (word === 'ADD' ? 4 : 3) : 1;
    if ((word !== 'ADD' && word !== 'DROP') || this.peek(ahead).word !== 'PARTITION') return undefined;
    this.next();
    if (word === 'ADD') {
      const ifNotExists = this.ifNotExists(), partitions: PartitionSpec[] = [];
      while (this.at('PARTITION')) partitions.push(this.#partition());
      return { kind: 'addPartitions', ifNotExists, partitions, range: this.rangeFrom(start) };
    }
    const ifExists = this.ifExists();
    return { kind: 'dropPartitions', ifExists, partitions: this.list(this.#partition), range: this.rangeFrom(start) };
  }
  #partition(): PartitionSpec {
    const { start } = this.tok;
    this.need('PARTITION');
    const items = this.partitionItems(), options = this.withOptions();
    return { kind: 'partitionSpec', items, options, range: this.rangeFrom(start) };
  }

  #materializedTableAction(): MaterializedTableAction {
    const { start } = this.tok;
    if (this.take('SUSPEND')) return { kind: 'suspend', range: this.rangeFrom(start) };
    if (this.take('RESUME')) return { kind: 'resume', options: this.withOptions(), range: this.rangeFrom(start) };
    if (this.take('REFRESH')) return { kind: 'refresh', partition: this.take('PARTITION') ? this.partitionItems() : [], range: this.rangeFrom(start) };
    if (this.takeWords('SET', 'FRESHNESS', '=')) return { kind: 'setFreshness', freshness: this.expression(), range: this.rangeFrom(start) };
    if (this.takeWords('SET', 'REFRESH_MODE', '=')) return { kind: 'setRefreshMode', mode: this.needOne(['FULL', 'CONTINUOUS'] as const), range: this.rangeFrom(start) };
    return this.#asQuery() ?? this.#optionsAction() ?? this.#elements() ?? this.#drop() ?? this.fail('AS');
  }
}
