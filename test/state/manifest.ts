/** What a checkpoint store keeps: per block list the blocks since its last base. */
import type { StateBlock } from '../../runtime/state/backend.ts';

export class Manifest {
  private readonly lists = new Map<string, Uint8Array[]>();
  /** Kind of every block ever added. */
  readonly kinds: string[] = [];
  add(blocks: readonly StateBlock[]): void {
    for (const block of blocks) {
      this.kinds.push(block.kind);
      const list = this.lists.get(block.table);
      if (block.kind === 'base' || list === undefined) this.lists.set(block.table, [block.bytes]);
      else list.push(block.bytes);
    }
  }
  get bytes(): number { return [...this.lists.values()].flat().reduce((sum, b) => sum + b.length, 0); }
  tables(): Map<string, Uint8Array[][]> { return Manifest.join([this]); }
  /** Of several former instances. */
  static join(manifests: readonly Manifest[]): Map<string, Uint8Array[][]> {
    const tables = new Map<string, Uint8Array[][]>();
    for (const { lists } of manifests) for (const [name, blocks] of lists) tables.set(name, [...(tables.get(name) ?? []), [...blocks]]);
    return tables;
  }
}
