/** The database of the MySQL demo and what is done to it: three tables of an order warehouse, their rows, changes, and the rows a join prints. */

export const DATABASE = 'order_dw';
export const createTables: readonly string[] = [
  'CREATE TABLE `user` (id bigint not null primary key, name varchar(50) not null)',
  'CREATE TABLE `order` (id bigint not null primary key, product varchar(50) not null, user_id bigint not null)',
  'CREATE TABLE `feedback` (id bigint not null primary key, user_id bigint not null, comment varchar(50) not null)',
];
export const fillTables: readonly string[] = [
  `INSERT INTO \`user\` VALUES (1,'Tom'),(2,'Jerry')`,
  `INSERT INTO \`order\` VALUES (1,'Football',2),(2,'Basket',1)`,
  `INSERT INTO \`feedback\` VALUES (1,1,'Good.'),(2,2,'Very good')`,
];
/** Rows that must be printed for the tables as filled, whatever the order of arrival. */
export const filledRows: readonly string[] = ['+I[1, Football, Jerry]', '+I[2, Basket, Tom]', '+I[1, Good., Tom]', '+I[2, Very good, Jerry]'];

/** Changes in MySQL, each with a line that the join must print because of it. */
export const changes: readonly { readonly sql: string; readonly prints: RegExp }[] = [
  { sql: `INSERT INTO \`order\` VALUES (3,'Racket',1)`, prints: /^\+[IU]\[3, Racket, Tom\]$/ },
  { sql: `UPDATE \`user\` SET name = 'Thomas' WHERE id = 1`, prints: /^\+[IU]\[3, Racket, Thomas\]$/ },
  { sql: `UPDATE \`order\` SET id = 30, product = 'Rackets' WHERE id = 3`, prints: /^\+[IU]\[30, Rackets, Thomas\]$/ },
  { sql: 'DELETE FROM `feedback` WHERE id = 2', prints: /^-[DU]\[2, Very good, Jerry\]$/ },
];
/** Topic of each table → the records a pipeline writes for the tables as filled, by key. */
export const recordsOf: Readonly<Record<'user' | 'order' | 'feedback', Readonly<Record<string, string>>>> = {
  user: { '{"id":1}': '{"id":1,"name":"Tom"}', '{"id":2}': '{"id":2,"name":"Jerry"}' },
  order: { '{"id":1}': '{"id":1,"product":"Football","user_id":2}', '{"id":2}': '{"id":2,"product":"Basket","user_id":1}' },
  feedback: { '{"id":1}': '{"id":1,"user_id":1,"comment":"Good."}', '{"id":2}': '{"id":2,"user_id":2,"comment":"Very good"}' },
};
