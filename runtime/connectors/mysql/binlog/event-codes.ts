/** Types of binlog events and their flags. Source: `enum Log_event_type` of MySQL's binlog_event.h and of MariaDB's log_event.h. */

export const QUERY = 2, STOP = 3, ROTATE = 4, INTVAR = 5, APPEND_BLOCK = 9, DELETE_FILE = 11, RAND = 13, USER_VAR = 14, FORMAT_DESCRIPTION = 15, XID = 16;
export const BEGIN_LOAD_QUERY = 17, EXECUTE_LOAD_QUERY = 18, TABLE_MAP = 19, INCIDENT = 26, HEARTBEAT = 27, IGNORABLE = 28, ROWS_QUERY = 29;
export const WRITE_ROWS_1 = 23, UPDATE_ROWS_1 = 24, DELETE_ROWS_1 = 25, WRITE_ROWS_2 = 30, UPDATE_ROWS_2 = 31, DELETE_ROWS_2 = 32;
export const GTID = 33, ANONYMOUS_GTID = 34, PREVIOUS_GTIDS = 35, TRANSACTION_CONTEXT = 36, VIEW_CHANGE = 37, XA_PREPARE = 38, PARTIAL_UPDATE_ROWS = 39;
export const TRANSACTION_PAYLOAD = 40, HEARTBEAT_2 = 41, GTID_TAGGED = 42;
/** MariaDB's own. */
export const ANNOTATE_ROWS = 160, BINLOG_CHECKPOINT = 161, MARIA_GTID = 162, MARIA_GTID_LIST = 163, START_ENCRYPTION = 164, QUERY_COMPRESSED = 165;
export const WRITE_ROWS_COMPRESSED_1 = 166, UPDATE_ROWS_COMPRESSED_1 = 167, DELETE_ROWS_COMPRESSED_1 = 168;
export const WRITE_ROWS_COMPRESSED_2 = 169, UPDATE_ROWS_COMPRESSED_2 = 170, DELETE_ROWS_COMPRESSED_2 = 171;

/** Common header: time 4, type 1, server id 4, length 4, end position 4, flags 2. */
export const HEADER = 19;
/** Made by the dump thread, not in the file. */
export const ARTIFICIAL_FLAG = 0x20;
/** A reader that does not know the event may skip it. */
export const IGNORABLE_FLAG = 0x80;
