// exp, tanh and erf on four lanes. exp: base-2 range reduction and a degree-6 Taylor polynomial on
// |r| <= ln(2)/2, relative error below 2e-7. erf: Abramowitz and Stegun 7.1.26, absolute error
// below 1.5e-7, enough for the 1e-5 that the parity tests ask for.

/** a * b + c; fused where the machine fuses (relaxed SIMD), else two roundings. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

@inline
export function exp4(x: v128): v128 {
  const clamped = f32x4.max(f32x4.min(x, f32x4.splat(88.0)), f32x4.splat(-87.0))
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504)))
  // ln 2 in two parts, so that n * high is exact.
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)))
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)))
  let p = f32x4.splat(1.3888889e-3)
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3333333e-3))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1666667e-2))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.16666667))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0))
  const exponent = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.mul(p, exponent)
}

@inline
export function tanh4(x: v128): v128 {
  const e = exp4(f32x4.add(x, x))
  const one = f32x4.splat(1.0)
  return f32x4.sub(one, f32x4.div(f32x4.splat(2.0), f32x4.add(e, one)))
}

@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1.0)
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))))
}

@inline
export function erf4(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(<i32>0x80000000))
  const a = f32x4.abs(x)
  const one = f32x4.splat(1.0)
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(a, f32x4.splat(0.3275911))))
  let p = f32x4.splat(1.061405429)
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-1.453152027))
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.421413741))
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.284496736))
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.254829592))
  p = f32x4.mul(p, t)
  const value = f32x4.sub(one, f32x4.mul(p, exp4(f32x4.neg(f32x4.mul(a, a)))))
  return v128.or(value, sign)
}

/** Sum of the four lanes, in a fixed order. */
@inline
export function sum4(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  )
}

/** Largest of the four lanes. */
@inline
export function max4(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  )
}

@inline
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0)
}
