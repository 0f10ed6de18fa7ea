/** Sightings are asked for within a time, which says in which days' partitions they are: from `since` to before `until`. */
export type Window = { readonly since: Date; readonly until: Date };
