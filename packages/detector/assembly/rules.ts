/** Whether any rule could concern the source whose address is at this word. */
export declare function concerns(sourceAt: i32): bool;

/** The index of the first exception that takes the record at work, -1 if none does. */
export declare function exceptionOf(sourceAt: i32, destinationAt: i32, port: i32, process: i32): i32;

/** 1 if an administrator pinned this service of this source, -1 if it was revoked, else 0. */
export declare function decisionOf(sourceAt: i32, destinationAt: i32, port: i32): i32;

/** Which override takes the source whose address is at this word, from 1; 0 if none does. */
export declare function overrideOf(sourceAt: i32): i32;

/** Sets how many services are too many to what an override says, 0 for what holds without one. */
export declare function useCounts(index: i32): void;
