/** What core.ts and tables.ts use of WebAssembly: TypeScript has it only together with all of the browser's API. */
declare namespace WebAssembly {
  /** Here always shared. */
  class Memory {
    constructor(size: { readonly initial: number; readonly maximum: number; readonly shared: true });
    readonly buffer: SharedArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  class Global {
    value: number;
  }
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
