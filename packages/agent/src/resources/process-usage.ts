/** What this process uses, all its threads together but for the heap, which is the main thread's. */
export const PROCESS_USAGE = {
  rssBytes: (): number => process.memoryUsage.rss(),
  heapBytes: (): number => process.memoryUsage().heapTotal,
  cpuUs(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};
