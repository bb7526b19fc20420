/** The registry of operators: one line each. */
import { calc } from './calc.ts';
import { changelogNormalize } from './changelog-normalize.ts';
import type { NodeType } from '../../planner/physical/plan.ts';
import type { OperatorFactory } from './contract.ts';
import { pipelineTransform } from '../pipelines/transform.ts';
import { finalSort } from './final-sort.ts';
import { groupAggregate } from './group-aggregate.ts';
import { join } from './join.ts';
import { lookupJoin } from './lookup-join.ts';
import { dropUpdateBefore, limit, union, values } from './pass.ts';
import { setOp } from './set-op.ts';
import { sinkMaterialize } from './sink-materialize.ts';
import { unnest } from './unnest.ts';

export const operators = [
  calc, join, groupAggregate, changelogNormalize, dropUpdateBefore, union, setOp, sinkMaterialize, finalSort, limit, values, unnest, lookupJoin, pipelineTransform,
] as readonly { readonly type: NodeType }[] as readonly OperatorFactory<NodeType>[];
