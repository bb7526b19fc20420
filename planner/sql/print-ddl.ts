/** Syntax tree → text: CREATE, ALTER, DROP. */
import { assertNever } from '../../core/errors/common.ts';
import type { OptionNode } from './ast.ts';
import type {
  AlterTableAction, AlterView, AsDatabase, ColumnElement, ColumnPosition, CreateMaterializedTable, CreateTable, Distribution, KeyConstraint, MaterializedTableAction, ModelColumn, PartitionItem, PartitionSpec, AlterCatalog, Statement, TableElement, UserOptions,
} from './ast-statement.ts';
import { QueryPrinter } from './print-query.ts';

type Ddl = Extract<Statement, { kind: `create${string}` | `alter${string}` | 'drop' | 'dropUser' }>;

export class DdlPrinter extends QueryPrinter {
  ddl(node: Ddl): string {
    switch (node.kind) {
      case 'createTable': return this.#createTable(node);
      case 'createMaterializedTable': return this.#createMaterializedTable(node);
      case 'createView': return `CREATE ${node.orReplace ? 'OR REPLACE ' : ''}${node.temporary ? 'TEMPORARY ' : ''}VIEW ${this.#ifNot(node.ifNotExists)}${this.qualified(node.name)}${node.columns.length === 0 ? '' : ` ${this.names(node.columns)}`}${this.#comment(node.comment)} AS ${this.query(node.query)}`;
      case 'createCatalog': return `CREATE CATALOG ${this.#ifNot(node.ifNotExists)}${this.name(node.name)}${this.#comment(node.comment)}${this.withOptions(node.options)}`;
      case 'createDatabase': return `CREATE DATABASE ${this.#ifNot(node.ifNotExists)}${this.qualified(node.name)}${this.#comment(node.comment)}${this.withOptions(node.options)}${node.source === undefined ? '' : this.#asDatabase(node.source)}`;
      case 'createFunction': {
        const resources = node.resources.length === 0 ? '' : ` USING ${node.resources.map((r) => `${r.type} ${this.string(r.path)}`).join(', ')}`;
        return `CREATE ${node.orReplace ? 'OR REPLACE ' : ''}${this.#scope(node)}FUNCTION ${this.#ifNot(node.ifNotExists)}${this.qualified(node.name)} AS ${this.string(node.className)}${node.language === undefined ? '' : ` LANGUAGE ${node.language}`}${resources}${this.withOptions(node.options)}`;
      }
      case 'createModel': return `CREATE ${node.temporary ? 'TEMPORARY ' : ''}MODEL ${this.#ifNot(node.ifNotExists)}${this.qualified(node.name)}${this.#modelColumns('INPUT', node.input)}${this.#modelColumns('OUTPUT', node.output)}${this.#comment(node.comment)}${this.withOptions(node.options)}${node.query === undefined ? '' : ` AS ${this.query(node.query)}`}`;
      case 'createSecret': return `CREATE ${node.orReplace ? 'OR REPLACE ' : ''}SECRET ${this.#ifNot(node.ifNotExists)}${this.name(node.name)} AS ${this.string(node.value)}`;
      case 'alterSecret': return `ALTER SECRET ${node.ifExists ? 'IF EXISTS ' : ''}${this.name(node.name)} AS ${this.string(node.value)}`;
      case 'alterTable': return `ALTER TABLE ${node.ifExists ? 'IF EXISTS ' : ''}${this.qualified(node.name)} ${this.#action(node.action)}`;
      case 'alterView': return `ALTER VIEW ${node.ifExists ? 'IF EXISTS ' : ''}${this.qualified(node.name)} ${this.#action(node.action)}`;
      case 'alterDatabase': return `ALTER DATABASE ${this.qualified(node.name)} ${this.#action(node.action)}`;
      case 'alterCatalog': return `ALTER CATALOG ${this.name(node.name)} ${this.#action(node.action)}`;
      case 'alterModel': return `ALTER MODEL ${node.ifExists ? 'IF EXISTS ' : ''}${this.qualified(node.name)} ${this.#action(node.action)}`;
      case 'alterMaterializedTable': return `ALTER MATERIALIZED TABLE ${this.qualified(node.name)} ${this.#action(node.action)}`;
      case 'alterFunction': return `ALTER ${this.#scope(node)}FUNCTION ${node.ifExists ? 'IF EXISTS ' : ''}${this.qualified(node.name)} AS ${this.string(node.className)}${node.language === undefined ? '' : ` LANGUAGE ${node.language}`}`;
      case 'drop': return `DROP ${this.#scope(node)}${node.target} ${node.ifExists ? 'IF EXISTS ' : ''}${this.qualified(node.name)}${node.behavior === undefined ? '' : ` ${node.behavior}`}`;
      case 'createUser': return `CREATE USER ${this.#ifNot(node.ifNotExists)}${this.name(node.name)}${this.#userOptions(node)}`;
      case 'alterUser': return `ALTER USER ${node.ifExists ? 'IF EXISTS ' : ''}${node.name === undefined ? 'CURRENT_USER' : this.name(node.name)}${this.#userOptions(node)}`;
      case 'dropUser': return `DROP USER ${node.ifExists ? 'IF EXISTS ' : ''}${node.names.map((name) => this.name(name)).join(', ')}`;
      default: return assertNever(node);
    }
  }
  #userOptions({ role, password }: UserOptions): string {
    return `${role === undefined ? '' : role === 'admin' ? ' ADMIN' : ' READ ONLY'}${password === undefined ? '' : ` PASSWORD ${password === null ? 'NULL' : this.string(password)}`}`;
  }

  #ifNot(ifNotExists: boolean): string { return ifNotExists ? 'IF NOT EXISTS ' : ''; }
  #scope(node: { readonly temporary: boolean; readonly system: boolean }): string { return `${node.temporary ? 'TEMPORARY ' : ''}${node.system ? 'SYSTEM ' : ''}`; }
  #comment(comment: string | undefined): string { return comment === undefined ? '' : ` COMMENT ${this.string(comment)}`; }
  optionList(options: readonly OptionNode[]): string { return `(${options.map((option) => this.option(option)).join(', ')})`; }
  withOptions(options: readonly OptionNode[] | undefined): string { return options === undefined ? '' : ` WITH ${this.optionList(options)}`; }
  #modelColumns(word: string, columns: readonly ModelColumn[]): string { return columns.length === 0 ? '' : ` ${word} (${columns.map((c) => `${this.name(c.name)} ${this.type(c.type)}`).join(', ')})`; }

  // -------------------------------------------------------------------------------------------------------------- tables

  #createTable(node: CreateTable): string {
    return `${node.form}${node.temporary ? ' TEMPORARY' : ''} TABLE ${this.#ifNot(node.ifNotExists)}${this.qualified(node.name)}${this.#tableParts(node)}${this.withOptions(node.options)}${this.#source(node)}`;
  }
  #createMaterializedTable(node: CreateMaterializedTable): string {
    const freshness = node.freshness === undefined ? '' : ` FRESHNESS = ${this.expression(node.freshness)}`, mode = node.refreshMode === undefined ? '' : ` REFRESH_MODE = ${node.refreshMode}`;
    return `${node.form} MATERIALIZED TABLE ${this.#ifNot(node.ifNotExists)}${this.qualified(node.name)}${this.#tableParts(node)}${this.withOptions(node.options)}${freshness}${mode} AS ${this.query(node.query)}`;
  }
  #tableParts(node: CreateTable | CreateMaterializedTable): string {
    const elements = node.elements === undefined ? '' : ` (${node.elements.map((element) => this.#element(element)).join(', ')})`;
    return `${elements}${this.#comment(node.comment)}${node.distribution === undefined ? '' : ` ${this.#distribution('DISTRIBUTED', node.distribution)}`}${node.partitionedBy.length === 0 ? '' : ` PARTITIONED BY ${this.names(node.partitionedBy)}`}`;
  }
  #distribution(word: string, d: Distribution): string {
    const by = d.columns.length === 0 ? '' : ` BY ${d.method === undefined ? '' : d.method}${this.names(d.columns)}`;
    return `${word}${by}${d.buckets === undefined ? '' : ` INTO ${d.buckets} BUCKETS`}`;
  }
  #source({ source }: CreateTable): string {
    switch (source?.kind) {
      case undefined: return '';
      case 'asQuery': { // AS TABLE t alone is Alibaba's form.
        const text = this.query(source.query);
        return text.startsWith('TABLE ') ? ` AS (${text})` : ` AS ${text}`;
      }
      case 'asTable': return ` AS TABLE ${this.qualified(source.table)}${this.hints(source.hints)}${source.addColumns.length === 0 ? '' : ` ADD COLUMN (${source.addColumns.map((c) => this.#element(c)).join(', ')})`}`;
      case 'like': return ` LIKE ${this.qualified(source.table)}${source.options.length === 0 ? '' : ` (${source.options.map((o) => `${o.action} ${o.feature}`).join(' ')})`}`;
      default: return assertNever(source);
    }
  }
  #asDatabase(source: AsDatabase): string {
    const including = source.includingAll ? ' INCLUDING ALL TABLES' : source.including === undefined ? '' : ` INCLUDING TABLE ${this.string(source.including)}`;
    return ` AS DATABASE ${this.qualified(source.database)}${including}${source.excluding === undefined ? '' : ` EXCLUDING TABLE ${this.string(source.excluding)}`}${this.hints(source.hints)}`;
  }

  #element(element: TableElement): string {
    switch (element.kind) {
      case 'columnName': return this.name(element.name);
      case 'watermark': return `WATERMARK FOR ${this.qualified(element.column)} AS ${this.expression(element.expression)}`;
      case 'keyConstraint': return this.#key(element);
      default: return this.#column(element);
    }
  }
  #column(column: ColumnElement): string {
    let text = this.name(column.name);
    switch (column.kind) {
      case 'physicalColumn': text += ` ${this.type(column.type)}${column.constraint === undefined ? '' : ` ${this.#key(column.constraint)}`}`; break;
      case 'metadataColumn': text += ` ${this.type(column.type)} METADATA${column.key === undefined ? '' : ` FROM ${this.string(column.key)}`}${column.virtual ? ' VIRTUAL' : ''}`; break;
      case 'computedColumn': text += ` AS ${this.expression(column.expression)}`; break;
      default: return assertNever(column);
    }
    return text + this.#comment(column.comment) + this.#position(column.position);
  }
  #key(key: KeyConstraint): string {
    return `${key.name === undefined ? '' : `CONSTRAINT ${this.name(key.name)} `}${key.type}${key.columns.length === 0 ? '' : ` ${this.names(key.columns)}`}${key.enforced === undefined ? '' : key.enforced ? ' ENFORCED' : ' NOT ENFORCED'}`;
  }
  #position(position: ColumnPosition | undefined): string { return position === undefined ? '' : position.kind === 'first' ? ' FIRST' : ` AFTER ${this.name(position.column)}`; }

  partition(items: readonly PartitionItem[]): string { return items.length === 0 ? '' : ` PARTITION (${items.map((i) => `${this.name(i.column)}${i.value === undefined ? '' : ` = ${this.expression(i.value)}`}`).join(', ')})`; }
  #specs(specs: readonly PartitionSpec[], separator: string): string { return specs.map((spec) => `${this.partition(spec.items).trimStart()}${this.withOptions(spec.options)}`).join(separator); }

  // -------------------------------------------------------------------------------------------------------------- ALTER

  #action(action: AlterTableAction | MaterializedTableAction | AlterView['action'] | AlterCatalog['action']): string {
    switch (action.kind) {
      case 'setOptions': return `SET ${this.optionList(action.options)}`;
      case 'resetOptions': return `RESET (${action.keys.map((key) => this.string(key.key)).join(', ')})`;
      case 'rename': return `RENAME TO ${this.qualified(action.to)}`;
      case 'renameColumn': return `RENAME ${this.qualified(action.from)} TO ${this.name(action.to)}`;
      case 'asQuery': return `AS ${this.query(action.query)}`;
      case 'comment': return `COMMENT ${this.string(action.comment)}`;
      case 'addElements': case 'modifyElements': return `${action.kind === 'addElements' ? 'ADD' : 'MODIFY'} (${action.elements.map((element) => this.#element(element)).join(', ')})`;
      case 'addDistribution': case 'modifyDistribution': return `${action.kind === 'addDistribution' ? 'ADD' : 'MODIFY'} ${this.#distribution('DISTRIBUTION', action.distribution)}`;
      case 'dropColumns': return `DROP (${action.columns.map((column) => this.qualified(column)).join(', ')})`;
      case 'dropPrimaryKey': return 'DROP PRIMARY KEY';
      case 'dropWatermark': return 'DROP WATERMARK';
      case 'dropDistribution': return 'DROP DISTRIBUTION';
      case 'dropConstraint': return `DROP CONSTRAINT ${this.name(action.name)}`;
      case 'addPartitions': return `ADD ${this.#ifNot(action.ifNotExists)}${this.#specs(action.partitions, ' ')}`;
      case 'dropPartitions': return `DROP ${action.ifExists ? 'IF EXISTS ' : ''}${this.#specs(action.partitions, ', ')}`;
      case 'suspend': return 'SUSPEND';
      case 'resume': return `RESUME${this.withOptions(action.options)}`;
      case 'refresh': return `REFRESH${this.partition(action.partition)}`;
      case 'setFreshness': return `SET FRESHNESS = ${this.expression(action.freshness)}`;
      case 'setRefreshMode': return `SET REFRESH_MODE = ${action.mode}`;
      default: return assertNever(action);
    }
  }
}
