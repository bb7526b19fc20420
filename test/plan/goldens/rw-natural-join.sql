-- NATURAL JOIN
CREATE TABLE employees (id INT, employee_name STRING, department_id INT) WITH ('connector' = 'kafka', 'topic' = 'employees', 'format' = 'json');
CREATE TABLE departments (department_name STRING, department_id INT) WITH ('connector' = 'kafka', 'topic' = 'departments', 'format' = 'json');
CREATE TABLE snk (employee_name STRING, department_name STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT e.employee_name, d.department_name FROM employees e NATURAL JOIN departments d;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[employee_name, department_name], changelogMode=[NONE])
+- Calc(select=[employee_name, department_name], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[(department_id = department_id0)], select=[employee_name, department_id, department_name, department_id0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[hash[department_id]], changelogMode=[I])
      :  +- TableSourceScan(table=[[default_catalog, default_database, employees]], fields=[employee_name, department_id], changelogMode=[I])
      +- Exchange(distribution=[hash[department_id]], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, departments]], fields=[department_name, department_id], changelogMode=[I])

== State ==
Join(joinType=[InnerJoin], where=[(department_id = department_id0)], select=[employee_name, department_id, department_name, department_id0], leftInputSpec=[N...
  - left side: every row, by (department_id); grows with the rows of the left input, kept for ever
  - right side: every row, by (department_id); grows with the rows of the right input, kept for ever
