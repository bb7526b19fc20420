/**
 * Geometries as text: `{"coordinates":[1,2],"type":"Point","srid":0}`, collections `{"geometries":[…],"type":"GeometryCollection","srid":0}`,
 * as Flink CDC writes them. MySQL's form: four bytes SRID, then WKB. Numbers as JSON writes them.
 */
const NAMES = ['', 'Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString', 'MultiPolygon', 'GeometryCollection'] as const;
const DEEPEST = 32;

class Wkb {
  private readonly b: Buffer;
  private at: number;
  private readonly end: number;
  private isLittle = true;
  constructor(b: Buffer, at: number, end: number) { this.b = b; this.at = at; this.end = end; }
  private need(bytes: number): void { if (this.at + bytes > this.end) throw new RangeError('a geometry is cut short'); }
  private uint(): number {
    this.need(4);
    this.at += 4;
    return this.isLittle ? this.b.readUInt32LE(this.at - 4) : this.b.readUInt32BE(this.at - 4);
  }
  private double(): string {
    this.need(8);
    this.at += 8;
    const value = this.isLittle ? this.b.readDoubleLE(this.at - 8) : this.b.readDoubleBE(this.at - 8);
    return String(value);
  }
  private header(): number {
    this.need(1);
    this.isLittle = this.b[this.at++] === 1;
    return this.uint();
  }
  private point(): string { return `[${this.double()},${this.double()}]`; }
  private list(item: () => string): string {
    const count = this.uint();
    let text = '[';
    for (let i = 0; i < count; i++) { this.need(1); text += (i === 0 ? '' : ',') + item(); }
    return `${text}]`;
  }
  private coordinates(kind: number): string {
    switch (kind) {
      case 1: return this.point();
      case 2: return this.list(() => this.point());
      case 3: return this.list(() => this.list(() => this.point()));
      // Members are geometries with headers of their own.
      case 4: return this.list(() => this.member(1));
      case 5: return this.list(() => this.member(2));
      case 6: return this.list(() => this.member(3));
      default: throw new RangeError(`a geometry has type ${kind}`);
    }
  }
  private member(kind: number): string {
    if (this.header() !== kind) throw new RangeError('a geometry holds one of another type');
    return this.coordinates(kind);
  }
  /** @param tail what stands behind the type: the SRID of the outermost */
  geometry(tail: string, depth: number): string {
    const kind = this.header();
    if (depth > DEEPEST) throw new RangeError('geometries are nested too deeply');
    if (kind === 7) return `{"geometries":${this.list(() => this.geometry('', depth + 1))},"type":"${NAMES[7]}"${tail}}`;
    return `{"coordinates":${this.coordinates(kind)},"type":"${NAMES[kind] ?? ''}"${tail}}`;
  }
}
/** Throws RangeError where the bytes are no geometry. */
export function geometryText(b: Buffer, start: number, end: number): string {
  if (end - start < 9) throw new RangeError('a geometry is cut short');
  return new Wkb(b, start + 4, end).geometry(`,"srid":${b.readUInt32LE(start)}`, 0);
}
