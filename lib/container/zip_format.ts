/** How an entry's data is kept: 0 as it is ("stored"), 8 deflated. */
export type ZipMethod = 0 | 8;

// Signatures and fixed sizes of the ZIP format, from PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.

/** Local file header. */
export const LOCAL_SIGNATURE = 0x04034b50;
/** Bytes of a local file header before its name. */
export const LOCAL_BYTES = 30;
/** Central directory file header. */
export const CENTRAL_SIGNATURE = 0x02014b50;
/** Bytes of a central directory header before its name. */
export const CENTRAL_BYTES = 46;
/** End of central directory record. */
export const END_SIGNATURE = 0x06054b50;
/** Bytes of the end record before its comment. */
export const END_BYTES = 22;
/** ZIP64 end of central directory record. */
export const END64_SIGNATURE = 0x06064b50;
/** Bytes of the ZIP64 end record without extensible data. */
export const END64_BYTES = 56;
/** ZIP64 end of central directory locator. */
export const LOCATOR_SIGNATURE = 0x07064b50;
/** Bytes of the locator. */
export const LOCATOR_BYTES = 20;
/** Id of the extra field with 64-bit sizes and offset. */
export const ZIP64_EXTRA = 0x0001;
/** Id of the extra field that Android's zipalign pads with. */
export const PADDING_EXTRA = 0xd935;
/** A 32-bit field with this value is found in the ZIP64 extra field or record instead. */
export const MAX_32 = 0xffffffff;
/** The same for 16-bit fields. */
export const MAX_16 = 0xffff;
/** Flag: the entry is encrypted. */
export const FLAG_ENCRYPTED = 1 << 0;
/** Flag: sizes and CRC follow the data, and are 0 in the local header. */
export const FLAG_DESCRIPTOR = 1 << 3;
/** Flag: the name is UTF-8. */
export const FLAG_UTF8 = 1 << 11;
