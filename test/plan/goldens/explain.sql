CREATE TABLE t1 (a INT, b STRING) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'json');
CREATE TABLE t2 (a INT, c STRING, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't2');
CREATE TABLE snk (b STRING, c STRING, n BIGINT, PRIMARY KEY (b, c) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
EXPLAIN CHANGELOG_MODE INSERT INTO snk SELECT b, c, COUNT(*) FROM t1 JOIN t2 ON t1.a = t2.a GROUP BY b, c;
---- expect
== Abstract Syntax Tree ==
LogicalSink(table=[default_catalog.default_database.snk], fields=[b, c, n])
+- LogicalProject(b=[$0], c=[$1], n=[$2])
   +- LogicalProject(b=[$0], c=[$1], EXPR$2=[$2])
      +- LogicalAggregate(group=[{0, 1}], EXPR$0=[COUNT()])
         +- LogicalProject(b=[$1], c=[$3])
            +- LogicalJoin(condition=[($0 = $2)], joinType=[inner])
               :- LogicalTableScan(table=[[default_catalog, default_database, t1]])
               +- LogicalTableScan(table=[[default_catalog, default_database, t2]])

== Optimized Physical Plan ==
Sink(table=[default_catalog.default_database.snk], fields=[b, c, n], changelogMode=[NONE])
+- GroupAggregate(groupBy=[b, c], select=[b, c, COUNT(*) AS EXPR$0], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[b, c]], changelogMode=[I,UB,UA,D])
      +- Calc(select=[b, c], changelogMode=[I,UB,UA,D])
         +- Join(joinType=[InnerJoin], where=[(a = a0)], select=[a, b, a0, c], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
            :- Exchange(distribution=[hash[a]], changelogMode=[I])
            :  +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[a, b], changelogMode=[I])
            +- ChangelogNormalize(key=[a], changelogMode=[I,UB,UA,D])
               +- Exchange(distribution=[hash[a]], changelogMode=[I,UA,D])
                  +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[a, c], changelogMode=[I,UA,D])

== Optimized Execution Plan ==
Sink(table=[default_catalog.default_database.snk], fields=[b, c, n], changelogMode=[NONE])
+- GroupAggregate(groupBy=[b, c], select=[b, c, COUNT(*) AS EXPR$0], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[b, c]], changelogMode=[I,UB,UA,D])
      +- Calc(select=[b, c], changelogMode=[I,UB,UA,D])
         +- Join(joinType=[InnerJoin], where=[(a = a0)], select=[a, b, a0, c], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
            :- Exchange(distribution=[hash[a]], changelogMode=[I])
            :  +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[a, b], changelogMode=[I])
            +- ChangelogNormalize(key=[a], changelogMode=[I,UB,UA,D])
               +- Exchange(distribution=[hash[a]], changelogMode=[I,UA,D])
                  +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[a, c], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[a])
  - the last row per key (a); grows with the number of keys, kept for ever
Join(joinType=[InnerJoin], where=[(a = a0)], select=[a, b, a0, c], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])
  - left side: every row, by (a); grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (a); grows with the rows of the right input, kept for ever
GroupAggregate(groupBy=[b, c], select=[b, c, COUNT(*) AS EXPR$0])
  - accumulators of 1 call per group by (b, c); grows with the number of distinct groups, kept for ever

