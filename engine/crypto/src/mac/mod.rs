//! Poly1305-AES: a MAC whose one-time key is r, the same for all messages, and AES-128 under k of the message's IV.
//!
//! The message is a polynomial over the numbers modulo 2^130 − 5, a coefficient for each 16 bytes, taken at r. Because r
//! does not change, its powers are worked out once for a key, and several coefficients are taken in at a time.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod element;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use zeroize::ZeroizeOnDrop;

use element::Element;

pub(crate) const BLOCK_BYTES: usize = 16;

/// k and r, made ready.
#[derive(Clone)]
pub(crate) struct MacKey {
    k: Aes128,
    powers: Powers,
}

#[derive(Clone, ZeroizeOnDrop)]
struct Powers {
    r: Element,
    #[cfg(target_arch = "x86_64")]
    #[zeroize(skip)] // wipes itself
    lanes: Option<Box<avx2::LanePowers>>,
}

/// A MAC in progress.
pub(crate) struct Mac<'k> {
    powers: &'k Powers,
    sum: Element,
}

impl MacKey {
    pub(crate) fn new(k: &[u8; 16], r: &[u8; 16]) -> Self {
        let r = Element::clamped(r);
        let powers = Powers {
            r,
            #[cfg(target_arch = "x86_64")]
            lanes: avx2::LanePowers::new(r).map(Box::new),
        };
        Self { k: Aes128::new(&(*k).into()), powers }
    }

    pub(crate) fn start(&self) -> Mac<'_> {
        Mac { powers: &self.powers, sum: Element::ZERO }
    }

    /// The MAC of a message that was sealed under this IV.
    pub(crate) fn finish(&self, mac: Mac<'_>, iv: &[u8; 16]) -> [u8; 16] {
        let mut encrypted = (*iv).into();
        self.k.encrypt_block(&mut encrypted);
        mac.sum.finish(u128::from_le_bytes(encrypted.into())).to_le_bytes()
    }
}

impl Mac<'_> {
    /// Takes in more of the message. Only the last piece may be no multiple of 16 bytes long.
    pub(crate) fn update(&mut self, data: &[u8]) {
        let (blocks, rest) = data.as_chunks::<BLOCK_BYTES>();
        let blocks = self.absorb_wide(blocks);
        self.sum = self.sum.absorb(blocks, self.powers.r);
        if !rest.is_empty() {
            self.sum = self.sum.absorb_last(rest, self.powers.r);
        }
    }

    /// Takes in as many blocks as fill the vectors, and gives the others back.
    #[cfg(target_arch = "x86_64")]
    fn absorb_wide<'d>(&mut self, blocks: &'d [[u8; BLOCK_BYTES]]) -> &'d [[u8; BLOCK_BYTES]] {
        let Some(lanes) = &self.powers.lanes else { return blocks };
        let (wide, others) = blocks.split_at(blocks.len() - blocks.len() % avx2::LANES);
        self.sum = lanes.absorb(self.sum, wide);
        others
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn absorb_wide<'d>(&mut self, blocks: &'d [[u8; BLOCK_BYTES]]) -> &'d [[u8; BLOCK_BYTES]] {
        blocks
    }
}

#[cfg(test)]
mod tests {
    use aes::cipher::KeyInit;
    use poly1305::Poly1305;
    use proptest::prelude::*;

    use super::*;

    /// The key as this core takes it, and as one without vectors does.
    fn of_every_kind(k: &[u8; 16], r: &[u8; 16]) -> [MacKey; 2] {
        let chosen = MacKey::new(k, r);
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
        let mut plain = chosen.clone();
        #[cfg(target_arch = "x86_64")]
        {
            plain.powers.lanes = None;
        }
        [chosen, plain]
    }

    fn mac_of(key: &MacKey, pieces: &[&[u8]], iv: &[u8; 16]) -> [u8; 16] {
        let mut mac = key.start();
        for piece in pieces {
            mac.update(piece);
        }
        key.finish(mac, iv)
    }

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal digits"))
    }

    /// The examples of D. J. Bernstein, "The Poly1305-AES message-authentication code", appendix B.
    #[test]
    fn the_published_vectors_hold() {
        let third: [u8; 32] = hex("663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136");
        let fourth: [u8; 63] = hex(concat!(
            "ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491faf0",
            "990c62e48b8018b2c3e4a0fa3134cb67fa83e158c994d961c4cb21095c1bf9"
        ));
        let vectors: [(&[u8], &str, &str, &str, &str); 4] = [
            (
                &[0xf3, 0xf6],
                "851fc40c3467ac0be05cc20404f3f700",
                "ec074c835580741701425b623235add6",
                "fb447350c4e868c52ac3275cf9d4327e",
                "f4c633c3044fc145f84f335cb81953de",
            ),
            (
                &[],
                "a0f3080000f46400d0c7e9076c834403",
                "75deaa25c09f208e1dc4ce6b5cad3fbf",
                "61ee09218d29b0aaed7e154a2c5509cc",
                "dd3fab2251f11ac759f0887129cc2ee7",
            ),
            (
                &third,
                "48443d0bb0d21109c89a100b5ce2c208",
                "6acb5f61a7176dd320c5c1eb2edcdc74",
                "ae212a55399729595dea458bc621ff0e",
                "0ee1c16bb73f0f4fd19881753c01cdbe",
            ),
            (
                &fourth,
                "12976a08c4426d0ce8a82407c4f48207",
                "e1a5668a4d5b66a5f68cc5424ed5982d",
                "9ae831e743978d3a23527c7128149e3a",
                "5154ad0d2cb26e01274fc51148491f1b",
            ),
        ];
        for (message, r, k, nonce, mac) in vectors {
            for key in of_every_kind(&hex(k), &hex(r)) {
                assert_eq!(mac_of(&key, &[message], &hex(nonce)), hex(mac), "r {r}");
            }
        }
    }

    fn oracle(k: &[u8; 16], r: &[u8; 16], message: &[u8], iv: &[u8; 16]) -> [u8; 16] {
        let mut s = (*iv).into();
        Aes128::new(&(*k).into()).encrypt_block(&mut s);
        let mut one_time = [0; 32];
        one_time[..16].copy_from_slice(r);
        one_time[16..].copy_from_slice(&s);
        Poly1305::new(&one_time.into()).compute_unpadded(message).into()
    }

    proptest! {
        #[test]
        fn every_kernel_equals_the_crate(
            k in any::<[u8; 16]>(),
            r in prop_oneof![3 => any::<[u8; 16]>(), 1 => Just([0xff; 16]), 1 => Just([0; 16])],
            iv in any::<[u8; 16]>(),
            message in prop_oneof![
                3 => prop::collection::vec(any::<u8>(), 0..2000),
                1 => (0usize..2000).prop_map(|len| vec![0xff; len]),
            ],
            cut_blocks in 0usize..120,
        ) {
            let expected = oracle(&k, &r, &message, &iv);
            let (head, tail) = message.split_at((cut_blocks * BLOCK_BYTES).min(message.len() / BLOCK_BYTES * BLOCK_BYTES));
            for (kind, key) in of_every_kind(&k, &r).iter().enumerate() {
                prop_assert_eq!(mac_of(key, &[&message], &iv), expected, "kernel {}", kind);
                prop_assert_eq!(mac_of(key, &[head, tail], &iv), expected, "kernel {}, in two pieces", kind);
            }
        }
    }
}
