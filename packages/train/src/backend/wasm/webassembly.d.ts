// The part of the WebAssembly JavaScript API that we use: Node has it, @types/node 20 does not
// declare it, and TypeScript's own declaration would bring the whole DOM with it.
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer | SharedArrayBuffer
    grow(pages: number): number
  }
  const Memory: new (descriptor: { initial: number; maximum?: number; shared?: boolean }) => Memory

  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module'
  }
  const Module: new (bytes: Uint8Array | ArrayBuffer) => Module

  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const Instance: new (
    module: Module,
    imports?: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => Instance
}
