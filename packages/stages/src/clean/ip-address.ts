// Which IP addresses are public, after the registries of special-purpose addresses (RFC 6890, IANA).

/** Whether four decimal numbers are a globally reachable address: 8.8.8.8 is, 10.0.0.1 is not. */
export function isPublicIpv4(address: string): boolean {
  const parts = address.split('.')
  if (parts.some((part) => part.length > 1 && part.startsWith('0'))) return false
  const [a, b, c, d] = parts.map(Number) as [number, number, number, number]
  if (parts.length !== 4 || [a, b, c, d].some((part) => part > 255)) return false
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if (a === 100 && b >= 64 && b < 128) return false
  if (a === 169 && b === 254) return false
  if (a === 172 && b >= 16 && b < 32) return false
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)))) return false
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return false
  return !(a === 203 && b === 0 && c === 113)
}

/** Whether `address` is well formed and in global unicast 2000::/3, documentation ranges left out. */
export function isPublicIpv6(address: string): boolean {
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const count = groups.flat().length
  if (halves.length === 1 ? count !== 8 : count > 7) return false
  if (groups.flat().some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return false
  const [first, second] = [...groups[0]!, '0', '0'].map((group) => Number.parseInt(group, 16))
  if (first! < 0x2000 || first! > 0x3fff) return false
  const isDocumentation = (first === 0x2001 && second === 0xdb8) || first === 0x3fff
  return !isDocumentation
}
