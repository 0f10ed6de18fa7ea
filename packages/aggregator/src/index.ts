export { type Aggregator, type AggregatorOptions, startAggregator } from './start-aggregator.ts';
