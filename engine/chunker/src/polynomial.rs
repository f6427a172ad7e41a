//! Polynomials over GF(2), as bits of a word, and the irreducible ones that fingerprints are taken by.

/// The degree of every chunker polynomial. Prime, which makes the test of irreducibility short.
pub(crate) const DEGREE: u32 = 53;

/// What is no chunker polynomial.
#[derive(Debug, thiserror::Error)]
pub enum ChunkerError {
    #[error("{0:#x} is not an irreducible polynomial of degree 53")]
    Polynomial(u64),
}

/// An irreducible polynomial of degree 53 over GF(2): bit i is the coefficient of x^i.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polynomial(u64);

impl Polynomial {
    /// Draws one at random, as `init` does: about one odd polynomial in 26 is irreducible.
    ///
    /// # Panics
    /// When the operating system has no random numbers to give.
    #[must_use]
    pub fn random() -> Self {
        loop {
            let drawn = match getrandom::u64() {
                Ok(drawn) => drawn,
                Err(error) => panic!("the operating system gives no random numbers: {error}"),
            };
            let below_degree = drawn & ((1 << DEGREE) - 1);
            if let Ok(polynomial) = Self::new(1 << DEGREE | below_degree | 1) {
                return polynomial;
            }
        }
    }

    /// Refuses what is reducible or of another degree.
    pub fn new(bits: u64) -> Result<Self, ChunkerError> {
        if degree(bits) == Some(DEGREE) && is_irreducible(bits) {
            Ok(Self(bits))
        } else {
            Err(ChunkerError::Polynomial(bits))
        }
    }

    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// `a·x^8 mod self`, of an `a` that is reduced.
    pub(crate) fn shift_byte(self, a: u64) -> u64 {
        (0..8).fold(a, |a, _| times_x(a, self.0))
    }
}

/// The degree of a polynomial, `None` of zero.
const fn degree(a: u64) -> Option<u32> {
    a.checked_ilog2()
}

/// `a·x mod m`, of a reduced `a` and an `m` of degree 53.
const fn times_x(a: u64, m: u64) -> u64 {
    let shifted = a << 1;
    if shifted >> DEGREE & 1 == 1 { shifted ^ m } else { shifted }
}

/// `a·b mod m`, of reduced `a` and `b` and an `m` of degree 53.
fn multiply(a: u64, b: u64, m: u64) -> u64 {
    // Horner's scheme over the coefficients of b, highest first.
    (0..DEGREE).rev().fold(0, |sum, i| {
        let sum = times_x(sum, m);
        if b >> i & 1 == 1 { sum ^ a } else { sum }
    })
}

/// The greatest common divisor, by Euclid.
fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, remainder(a, b));
    }
    a
}

/// `a mod b`, of a `b` that is not zero.
fn remainder(mut a: u64, b: u64) -> u64 {
    while let (Some(high), Some(low)) = (degree(a), degree(b))
        && high >= low
    {
        a ^= b << (high - low);
    }
    a
}

/// Rabin's test, for degree 53: m is irreducible exactly when x^(2^53) = x (mod m) and, 1 being the largest proper
/// divisor of the prime 53, gcd(x^2 − x, m) = 1.
fn is_irreducible(m: u64) -> bool {
    const X: u64 = 2;
    let power = (0..DEGREE).fold(X, |power, _| multiply(power, power, m));
    power == X && gcd(m, multiply(X, X, m) ^ X) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The polynomial of restic/chunker's own tests.
    const PUBLISHED: u64 = 0x3D_A335_8B4D_C173;

    /// The definition itself, for small degrees: no polynomial of half its degree or less divides it.
    fn divides_by_trial(m: u64, largest_degree: u32) -> Option<u64> {
        (2..1 << (largest_degree + 1)).find(|&candidate| remainder(m, candidate) == 0)
    }

    #[test]
    fn known_polynomials_are_accepted() {
        // The others stood in the configurations of repositories that restic 0.14 made.
        for bits in [PUBLISHED, 0x23_b832_e333_5c55, 0x21_1a06_9410_ad7f, 0x26_d2b1_f8da_6e85] {
            assert_eq!(Polynomial::new(bits).map(Polynomial::bits).ok(), Some(bits), "{bits:#x}");
        }
    }

    #[test]
    fn other_degrees_and_reducible_polynomials_are_refused() {
        // x^53 alone, an even number of terms (1 is a root), no constant term (0 is a root), the degrees beside 53.
        let wrong = [0, 1, 2, 3, 1 << 53, PUBLISHED ^ 1, PUBLISHED ^ 2, PUBLISHED >> 1, PUBLISHED << 1, u64::MAX];
        for bits in wrong {
            assert!(Polynomial::new(bits).is_err(), "{bits:#x} was accepted");
        }
        let error = Polynomial::new(5).expect_err("x^2 + 1 was accepted");
        assert_eq!(error.to_string(), "0x5 is not an irreducible polynomial of degree 53");
    }

    #[test]
    fn products_of_two_factors_are_refused() {
        // Irreducible factors of every degree up to 26, by trial division, times a cofactor that brings the degree to 53.
        for factor_degree in 1..=12 {
            let factor = (1 << factor_degree..1 << (factor_degree + 1))
                .find(|&f| factor_degree == 1 || divides_by_trial(f, factor_degree / 2).is_none())
                .expect("there is an irreducible polynomial of every degree");
            for low_bits in [1, 3, 0x1234_5677, 0x0fff_ffff] {
                let cofactor = 1 << (DEGREE - factor_degree) | low_bits;
                let product = (0..64).filter(|i| factor >> i & 1 == 1).fold(0, |sum, i| sum ^ cofactor << i);
                assert_eq!(degree(product), Some(DEGREE), "{factor:#x} · {cofactor:#x}");
                assert!(Polynomial::new(product).is_err(), "{factor:#x} · {cofactor:#x} was accepted");
            }
        }
    }

    #[test]
    fn a_random_polynomial_has_no_small_divisor_and_differs_each_time() {
        let (first, second) = (Polynomial::random(), Polynomial::random());
        assert_ne!(first, second);
        for polynomial in [first, second] {
            assert_eq!(divides_by_trial(polynomial.bits(), 12), None, "{:#x}", polynomial.bits());
        }
    }

    #[test]
    fn about_one_odd_polynomial_in_26_is_irreducible() {
        // Gauss counts (2^53 − 2)/53 irreducible polynomials of degree 53, all odd: 2·2^52/53 of 2^52 odd ones.
        let found = (0..5300u64)
            .filter(|i| is_irreducible(1 << DEGREE | (i * 0x9_e377_9b97_f4a7 % (1 << 52)) << 1 | 1))
            .count();
        assert!((150..=250).contains(&found), "{found} of 5300, expected about 200");
    }
}
