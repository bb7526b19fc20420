/** MySQL's codes of column types in table maps and what they say of a column. Source: `enum_field_types` of field_types.h, `Field::save_field_metadata`. */
import { decodeText } from '../types/charset.ts';

export const DECIMAL = 0, TINY = 1, SHORT = 2, LONG = 3, FLOAT = 4, DOUBLE = 5, TIMESTAMP = 7, LONGLONG = 8, INT24 = 9, DATE = 10, TIME = 11, DATETIME = 12, YEAR = 13, NEWDATE = 14, VARCHAR = 15, BIT = 16;
export const TIMESTAMP2 = 17, DATETIME2 = 18, TIME2 = 19, VECTOR = 242, JSON = 245, NEWDECIMAL = 246, ENUM = 247, SET = 248, TINY_BLOB = 249, MEDIUM_BLOB = 250, LONG_BLOB = 251, BLOB = 252, VAR_STRING = 253, STRING = 254, GEOMETRY = 255;
/** MariaDB's compressed columns. */
export const BLOB_COMPRESSED = 140, VARCHAR_COMPRESSED = 141;

/** Columns that have a bit in the signedness field. */
export const isNumeric = (type: number): boolean => type === TINY || type === SHORT || type === INT24 || type === LONG || type === LONGLONG || type === NEWDECIMAL || type === FLOAT || type === DOUBLE || type === YEAR;
/** ENUM and SET travel as STRING with the real type in the metadata. */
export const realType = (type: number, metadata: number): number => (type === STRING && (metadata >> 8 === ENUM || metadata >> 8 === SET) ? metadata >> 8 : type);
/** Bytes a CHAR or BINARY may have: above 255 two bits of it hide in the type byte, inverted. */
export const stringLength = (metadata: number): number => { const high = metadata >> 8; return (high & 0x30) === 0x30 ? metadata & 255 : (metadata & 255) | ((high & 0x30) ^ 0x30) << 4; };
/** A value of ENUM or SET inside a table map. */
export const valueText = (value: Buffer, charset: string): string => decodeText(charset, value, 0, value.length);

const GEOMETRIES = ['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geomcollection'] as const;
const BLOBS = ['', 'tiny', '', 'medium', 'long'] as const;

export interface Shape { readonly dataType: string; readonly length: number | null; readonly scale: number | null; readonly isText: boolean }
const plain = (dataType: string, length: number | null = null, scale: number | null = null): Shape => ({ dataType, length, scale, isText: false });
/** @param width bytes of the longest character of the column's character set */
export function shapeOf(type: number, metadata: number, isBinary: boolean, geometry: number | undefined, width: number): Shape {
  const low = metadata & 255, high = metadata >> 8, textual = (text: string, binary: string, length: number | null): Shape => ({ dataType: isBinary ? binary : text, length: length === null || isBinary ? length : Math.floor(length / width), scale: null, isText: !isBinary });
  switch (realType(type, metadata)) {
    case TINY: return plain('tinyint');
    case SHORT: return plain('smallint');
    case INT24: return plain('mediumint');
    case LONG: return plain('int');
    case LONGLONG: return plain('bigint');
    case FLOAT: return plain('float');
    case DOUBLE: return plain('double');
    case DECIMAL: case NEWDECIMAL: return plain('decimal', high, low);
    case DATE: case NEWDATE: return plain('date');
    case YEAR: return plain('year');
    case TIME: return plain('time', null, 0);
    case DATETIME: return plain('datetime', null, 0);
    case TIMESTAMP: return plain('timestamp', null, 0);
    case TIME2: return plain('time', null, low);
    case DATETIME2: return plain('datetime', null, low);
    case TIMESTAMP2: return plain('timestamp', null, low);
    case BIT: return plain('bit', high * 8 + low);
    case JSON: return plain('json');
    case VECTOR: return plain('vector');
    case GEOMETRY: return plain(GEOMETRIES[geometry ?? 0] ?? 'geometry');
    case ENUM: return { dataType: 'enum', length: null, scale: null, isText: true };
    case SET: return { dataType: 'set', length: null, scale: null, isText: true };
    case VARCHAR: case VAR_STRING: case VARCHAR_COMPRESSED: return textual('varchar', 'varbinary', metadata);
    case STRING: return textual('char', 'binary', stringLength(metadata));
    case BLOB: case BLOB_COMPRESSED: return textual(`${BLOBS[low] ?? ''}text`, `${BLOBS[low] ?? ''}blob`, null);
    default: return plain(`type ${type}`);
  }
}
