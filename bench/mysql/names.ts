/** The cases of the MySQL bench, by the names that `npm run bench -- NAME` takes; `mysql-stream` is all its loads. */
export const mysqlCases = ['mysql-snapshot', 'mysql-stream', 'mysql-stream-large', 'mysql-stream-mixed', 'mysql-stream-small', 'mysql-latency'] as const;
export type MySqlCase = (typeof mysqlCases)[number];
export const isMySqlCase = (name: string): name is MySqlCase => (mysqlCases as readonly string[]).includes(name);
