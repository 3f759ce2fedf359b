// Numbers as people read them.

const whole = new Intl.NumberFormat('en');
const digits = count => new Intl.NumberFormat('en', {
    minimumSignificantDigits: count,
    maximumSignificantDigits: count,
});
const three = digits(3);
const percent = new Intl.NumberFormat('en', {minimumFractionDigits: 1, maximumFractionDigits: 1});
const tenths = percent;

/** `25,613,800`. */
export function count(value) {
    return whole.format(value);
}

/** `25.6 M`, three digits. */
export function short(value) {
    for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]]) {
        if (value >= size) {
            return `${three.format(value / size)} ${unit}`;
        }
    }
    return whole.format(value);
}

/** `87.1 %`; what is there but rounds to nothing is `< 0.1 %`. */
export function share(probability) {
    const value = 100 * probability;
    return value > 0 && value < 0.05 ? '< 0.1 %' : `${percent.format(value)} %`;
}

/** `41.2 ms`, `1.24 s`. */
export function duration(millis) {
    return millis < 1000 ? `${tenths.format(millis)} ms` : `${three.format(millis / 1000)} s`;
}

/** `+3.42`. */
export function score(value) {
    return `${value < 0 ? '−' : '+'}${three.format(Math.abs(value))}`;
}

/** `3 × 224 × 224`. */
export function extents(values) {
    return values.map(value => whole.format(value)).join(' × ');
}

/** The smallest of `values` that at least `part` of them do not exceed. */
export function quantile(values, part) {
    const sorted = values.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}
