import fc from 'fast-check';

/**
 * Property tests try the same cases in every run, so that none fails by chance; `WHY137_SEED=random` (or a number) tries
 * others.
 */
const wanted = process.env['WHY137_SEED'];
const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted ?? 137);
if (wanted !== undefined) console.log(`property tests run with seed ${String(seed)}`);
fc.configureGlobal({ seed });
