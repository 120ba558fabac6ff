import type { ExtractorSlice } from './types.ts'

/** Modules of Go and crates of Rust. */
export const native: ExtractorSlice = {
  places: new Map([
    ['language/golang/gomod', { cataloger: 'go', path: () => 'app/go.mod' }],
    ['language/rust/cargolock', { cataloger: 'rust', path: () => 'app/Cargo.lock' }],
    ['language/rust/cargotoml', { cataloger: 'rust', path: () => 'app/Cargo.toml' }],
    ['language/rust/cargoauditable', { cataloger: 'rust', path: () => 'usr/bin/program' }],
  ]),
  notBuilt: [],
}
