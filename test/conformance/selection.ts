/** Which of the conformance cases the engine runs, as regular expressions over `category/id`. */
export const CATEGORIES: string = '^(case-null|changelog|debezium-json|join|join-multi|projection|sink|set-ops|subquery)/|^group-agg/(?!rw-(grouping-sets|rollup))|^nexmark/nexmark-q(0|1|2|3|14|20|21|22)$';
/** Cases beyond the first milestone that need nothing still to come. */
export const FURTHER: string = '^tpch/tpch-q(01|04|05|06|07|08|09|11|12|13|14|15|16|17|19|20|22)$|^nexmark/nexmark-q(4|10|13|15|16|17|101|102|103|104|106)$';
export const RUNNABLE: RegExp = new RegExp(`${CATEGORIES}|${FURTHER}`);
