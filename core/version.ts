/** Which Rivulet this is, as it stands in what it writes to disk and in the error of a version that cannot read it. A test compares it with `package.json`. */
export const PRODUCT_VERSION = '0.1.0';
