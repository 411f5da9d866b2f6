// The error function and its inverse, the gamma function, and Bessel functions of doubles.

function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (const c of coefficients) sum = sum * x + c;
  return sum;
}

const ERX = 8.45062911510467529297e-1;
const EFX = 1.28379167095512586316e-1;

interface Ratio {
  readonly p: readonly number[];
  readonly q: readonly number[];
}

const ERF_SMALL: Ratio = {
  p: [
    -2.37630166566501626084e-5, -5.77027029648944159157e-3, -2.84817495755985104766e-2, -3.2504210724700149937e-1,
    1.28379167095512558561e-1,
  ],
  q: [
    -3.9602282787753681232e-6, 1.32494738004321644526e-4, 5.08130628187576562776e-3, 6.50222499887672944485e-2,
    3.97917223959155352819e-1, 1,
  ],
};
const ERF_NEAR_ONE: Ratio = {
  p: [
    -2.166375594868790843e-3, 3.54783043256182359371e-2, -1.10894694282396677476e-1, 3.18346619901161753674e-1,
    -3.72207876035701323847e-1, 4.14856118683748331666e-1, -2.36211856075265944077e-3,
  ],
  q: [
    1.1984499846799107417e-2, 1.36370839120290507362e-2, 1.26171219808761642112e-1, 7.18286544141962662868e-2,
    5.40397917702171048937e-1, 1.06420880400844228286e-1, 1,
  ],
};
const ERFC_MIDDLE: Ratio = {
  p: [
    -9.81432934416914548592, -8.12874355063065934246e1, -1.84605092906711035994e2, -1.62396669462573470355e2,
    -6.23753324503260060396e1, -1.05586262253232909814e1, -6.93858572707181764372e-1, -9.86494403484714822705e-3,
  ],
  q: [
    -6.04244152148580987438e-2, 6.57024977031928170135, 1.08635005541779435134e2, 4.29008140027567833386e2,
    6.45387271733267880336e2, 4.34565877475229228821e2, 1.376577541435190426e2, 1.96512716674392571292e1, 1,
  ],
};
const ERFC_LARGE: Ratio = {
  p: [
    -4.83519191608651397019e2, -1.02509513161107724954e3, -6.37566443368389627722e2, -1.60636384855821916062e2,
    -1.77579549177547519889e1, -7.99283237680523006574e-1, -9.86494292470009928597e-3,
  ],
  q: [
    -2.24409524465858183362e1, 4.74528541206955367215e2, 2.55305040643316442583e3, 3.19985821950859553908e3,
    1.53672958608443695994e3, 3.25792512996573918826e2, 3.03380607434824582924e1, 1,
  ],
};

function ratio(x: number, { p, q }: Ratio): number {
  return polynomial(x, p) / polynomial(x, q);
}

/** The complement for x of at least 1.25, times x. */
function erfcTail(x: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setUint32(4, 0);
  const z = view.getFloat64(0);
  const r = ratio(1 / (x * x), x < 1 / 0.35 ? ERFC_MIDDLE : ERFC_LARGE);
  return Math.exp(-z * z - 0.5625) * Math.exp((z - x) * (z + x) + r);
}

export function erf(x = 0): number {
  const size = Math.abs(x);
  const sign = x < 0 ? -1 : 1;
  if (size < 0.84375) {
    return size < 2 ** -28 ? x + EFX * x : sign * (size + size * ratio(size * size, ERF_SMALL));
  }
  if (size < 1.25) return sign * (ERX + ratio(size - 1, ERF_NEAR_ONE));
  return size >= 6 ? sign : sign * (1 - erfcTail(size) / size);
}

export function erfc(x = 0): number {
  const size = Math.abs(x);
  const isNegative = x < 0;
  if (size < 0.84375) return smallErfc(size, isNegative);
  if (size < 1.25) {
    const r = ratio(size - 1, ERF_NEAR_ONE);
    return isNegative ? 1 + ERX + r : 1 - ERX - r;
  }
  if (size >= 28 || (isNegative && size > 6)) return isNegative ? 2 : 0;
  const tail = erfcTail(size) / size;
  return isNegative ? 2 - tail : tail;
}

function smallErfc(size: number, isNegative: boolean): number {
  let y = size;
  if (size >= 2 ** -56) {
    const r = ratio(size * size, ERF_SMALL);
    y = size < 0.25 ? size + size * r : 0.5 + (size * r + (size - 0.5));
  }
  return isNegative ? 1 + y : 1 - y;
}

const ERFINV_CENTER: Ratio = {
  p: [
    8.870940696254551483e2, 1.1819493347062294404278e4, 2.3782041382114385731252e4, 1.6235862515167575384252e4,
    4.8548868893843886794648e3, 6.9706266534389598238465e2, 4.7072688112383978012285e1, 1.1975323115670912564578,
  ],
  q: [
    5.226495278852854561e3, 2.8729085735721942674e4, 3.930789580009271061e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.871870074920579083e2, 4.2313330701600911252e1, 1,
  ],
};
const ERFINV_MIDDLE: Ratio = {
  p: [
    7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
  ],
  q: [
    1.4859850019840355905497876e-9, 7.7441459065157709165577218e-4, 2.1494160384252876777097297e-2,
    2.0945065210512749128288442e-1, 9.7547832001787427186894837e-1, 2.3707661626024532365971225,
    2.9036514445419946173133295, 1.4142135623730950488016887,
  ],
};
const ERFINV_TAIL: Ratio = {
  p: [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3, 2.6532189526576123093e-2,
    2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
  ],
  q: [
    2.891024605872965461538222e-15, 2.010321207683943062279931e-7, 2.61108840508059362513802e-5,
    1.112800997078859844711555e-3, 2.103693768272068968719679e-2, 1.936480946950659106176712e-1,
    8.482908416595164588112026e-1, 1.414213562373095048801689,
  ],
};

export function erfinv(x = 0): number {
  const size = Math.abs(x);
  if (size >= 1) return size === 1 ? x * Number.POSITIVE_INFINITY : Number.NaN;
  const y = positiveErfinv(size);
  return x < 0 ? -y : y;
}

function positiveErfinv(x: number): number {
  if (x <= 0.85) {
    const r = 0.180625 - 0.25 * x * x;
    return (x * polynomial(r, ERFINV_CENTER.p)) / polynomial(r, ERFINV_CENTER.q);
  }
  const r = Math.sqrt(Math.LN2 - Math.log(1 - x));
  return r <= 5 ? ratio(r - 1.6, ERFINV_MIDDLE) : ratio(r - 5, ERFINV_TAIL);
}

const GAMMA: Ratio = {
  p: [
    1.60119522476751861407e-4, 1.19135147006586384913e-3, 1.04213797561761569935e-2, 4.76367800457137231464e-2,
    2.0744822764843597515e-1, 4.94214826801497100753e-1, 9.99999999999999996796e-1,
  ],
  q: [
    -2.31581873324120129819e-5, 5.39605580493303397842e-4, -4.45641913851797240494e-3, 1.18139785222060435552e-2,
    3.58236398605498653373e-2, -2.34591795718243348568e-1, 7.14304917030273074085e-2, 1,
  ],
};
const STIRLING = [
  7.87311395793093628397e-4, -2.2954996161337812638e-4, -2.68132617805781232825e-3, 3.4722222160545866731e-3,
  8.33333333333482257126e-2,
];
const EULER = 0.577215664901532860606512090082402431;

/** Two factors, so that their product overflows no earlier than the result. */
function stirling(x: number): [number, number] {
  if (x > 200) return [Number.POSITIVE_INFINITY, 1];
  const w = 1 + polynomial(1 / x, STIRLING) / x;
  const e = Math.exp(x);
  const scaled = 2.506628274631000502417 * w;
  if (x <= 143.01608) return [x ** (x - 0.5) / e, scaled];
  const v = x ** (0.5 * x - 0.25);
  return [v, (v / e) * scaled];
}

export function gamma(x = 0): number {
  if (x < 0 && Number.isInteger(x)) return Number.NaN;
  if (x === 0) return Object.is(x, -0) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (Math.abs(x) <= 33) return smallGamma(x);
  const [y1, y2] = stirling(Math.abs(x));
  return x > 0 ? y1 * y2 : reflected(-x, [y1, y2]);
}

/** Γ(-q) by the gamma function of q. */
function reflected(q: number, [y1, y2]: readonly [number, number]): number {
  let p = Math.floor(q);
  const sign = p % 2 === 0 ? -1 : 1;
  if (q - p > 0.5) p++;
  const z = Math.abs(q * Math.sin(Math.PI * (q - p)));
  if (z === 0) return sign * Number.POSITIVE_INFINITY;
  const d = z * y1 * y2;
  return sign * (Number.isFinite(d) ? Math.PI / d : Math.PI / z / y1 / y2);
}

function smallGamma(argument: number): number {
  let x = argument;
  let z = 1;
  for (; x >= 3;) z *= --x;
  for (; x < 0; x++) {
    if (x > -1e-9) return z / ((1 + EULER * x) * x);
    z /= x;
  }
  for (; x < 2; x++) {
    if (x < 1e-9) return x === 0 ? Number.POSITIVE_INFINITY : z / ((1 + EULER * x) * x);
    z /= x;
  }
  if (x === 2) return z;
  x -= 2;
  return (z * polynomial(x, GAMMA.p)) / polynomial(x, GAMMA.q);
}

/** Jn by its integral over half a period, on which the trapezoidal rule converges quickly. */
export function besselJ(n: number, x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) > 1e5 || Math.abs(n) > 1e5) return x === 0 ? (n === 0 ? 1 : 0) : Number.NaN;
  const steps = 64 + 4 * Math.ceil(Math.abs(x) + Math.abs(n));
  let sum = (1 + Math.cos(n * Math.PI)) / 2;
  for (let i = 1; i < steps; i++) {
    const angle = (Math.PI * i) / steps;
    sum += Math.cos(n * angle - x * Math.sin(angle));
  }
  return sum / steps;
}

/** Yn for a positive x: one integral over half a period, and one that decays double exponentially. */
export function besselY(n: number, x: number): number {
  if (x < 0 || x > 1e4 || Math.abs(n) > 1e3) return Number.NaN;
  if (x === 0) return n < 0 && n % 2 !== 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const integrate = (f: (t: number) => number, end: number, steps: number): number => {
    const h = end / steps;
    let sum = f(0) + f(end);
    for (let i = 1; i < steps; i++) sum += f(i * h) * (i % 2 === 1 ? 4 : 2);
    return (sum * h) / 3;
  };
  const steps = 4000 + 20 * Math.ceil(x);
  const parity = n % 2 === 0 ? 1 : -1;
  const first = integrate((t) => Math.sin(x * Math.sin(t) - n * t), Math.PI, steps);
  const tail = (t: number): number => (Math.exp(n * t) + parity * Math.exp(-n * t)) * Math.exp(-x * Math.sinh(t));
  const end = Math.asinh((750 + Math.abs(n) * 20) / x);
  return (first - integrate(tail, end, steps)) / Math.PI;
}
