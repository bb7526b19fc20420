/** The cases of the MySQL bench, by the names that `npm run bench -- NAME` takes. */
export const mysqlCases = ['mysql-snapshot', 'mysql-stream', 'mysql-latency'] as const;
export type MySqlCase = (typeof mysqlCases)[number];
export const isMySqlCase = (name: string): name is MySqlCase => (mysqlCases as readonly string[]).includes(name);
