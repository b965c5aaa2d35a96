//! PBKDF2-HMAC-SHA-256 on the SHA instructions of x86-64. Knows nothing of columns.
//!
//! An iteration is two SHA-256 compressions, each waiting for the one before. Kept in registers from the
//! first iteration to the last, with no bytes swapped and no block assembled in memory, it runs at the
//! latency of the instruction itself: a quarter faster than the general crate, which stays the fall-back
//! and the reference in the tests.
#![expect(unsafe_code, reason = "one call into code compiled for instructions just found on this CPU")]

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_sha256msg1_epu32,
    _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi32, _mm_unpackhi_epi64, _mm_unpacklo_epi64,
    _mm_xor_si128,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, block_api::compress256};

/// The 32 bytes, or `None` on a CPU without the instructions.
pub(super) fn pbkdf2_sha256(password: &[u8], salt: &[u8], iterations: u32) -> Option<[u8; 32]> {
    let found = is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("ssse3")
        && is_x86_feature_detected!("sse4.1");
    if !found {
        return None;
    }
    let mut first = Hmac::<Sha256>::new_from_slice(password).expect("HMAC takes keys of any length");
    first.update(salt);
    first.update(&1u32.to_be_bytes());
    let first = words(&first.finalize().into_bytes().into());
    let (inner, outer) = key_states(password);
    // SAFETY: the three features that `iterate` is compiled for were found on this CPU a moment ago.
    let hash = unsafe { iterate(inner, outer, first, iterations.saturating_sub(1)) };
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(hash) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    Some(bytes)
}

/// SHA-256's state (FIPS 180-4, section 5.3.3) after HMAC's first block, inside and outside.
fn key_states(password: &[u8]) -> ([u32; 8], [u32; 8]) {
    let mut key = [0; 64];
    if password.len() > key.len() {
        key[..32].copy_from_slice(&Sha256::digest(password));
    } else {
        key[..password.len()].copy_from_slice(password);
    }
    let state = |pad: u8| {
        let mut state = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        compress256(&mut state, &[key.map(|byte| byte ^ pad)]);
        state
    };
    (state(0x36), state(0x5c))
}

fn words(bytes: &[u8; 32]) -> [u32; 8] {
    let mut words = [0; 8];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u32::from_be_bytes(*chunk);
    }
    words
}

/// A state as the instructions want it: `a b e f` in one register, `c d g h` in the other.
#[derive(Clone, Copy)]
struct State(__m128i, __m128i);

/// Runs HMAC `more` times over its own result and returns the exclusive or of all results.
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn iterate(inner: [u32; 8], outer: [u32; 8], first: [u32; 8], more: u32) -> [u32; 8] {
    let (inner, outer) = (load(inner), load(outer));
    let mut last = load(first);
    let mut sum = last;
    for _ in 0..more {
        last = compress(outer, compress(inner, last));
        sum = State(_mm_xor_si128(sum.0, last.0), _mm_xor_si128(sum.1, last.1));
    }
    store(sum)
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
#[expect(clippy::cast_possible_wrap, reason = "bits are bits")]
fn load(state: [u32; 8]) -> State {
    let word = |index: usize| state[index] as i32;
    State(
        _mm_set_epi32(word(0), word(1), word(4), word(5)),
        _mm_set_epi32(word(2), word(3), word(6), word(7)),
    )
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
#[expect(clippy::cast_sign_loss, reason = "bits are bits")]
fn store(State(abef, cdgh): State) -> [u32; 8] {
    [
        _mm_extract_epi32(abef, 3),
        _mm_extract_epi32(abef, 2),
        _mm_extract_epi32(cdgh, 3),
        _mm_extract_epi32(cdgh, 2),
        _mm_extract_epi32(abef, 1),
        _mm_extract_epi32(abef, 0),
        _mm_extract_epi32(cdgh, 1),
        _mm_extract_epi32(cdgh, 0),
    ]
    .map(|word| word as u32)
}

/// Compresses the second and last block of an HMAC half: `digest`, and the padding of 96 bytes.
#[target_feature(enable = "sha,ssse3,sse4.1")]
#[inline]
fn compress(state: State, digest: State) -> State {
    let mut message = [
        _mm_shuffle_epi32(_mm_unpackhi_epi64(digest.0, digest.1), 0b10_11_00_01),
        _mm_shuffle_epi32(_mm_unpacklo_epi64(digest.0, digest.1), 0b10_11_00_01),
        _mm_set_epi32(0, 0, 0, i32::MIN),
        _mm_set_epi32(96 * 8, 0, 0, 0),
    ];
    let State(mut abef, mut cdgh) = state;
    for (round, constants) in ROUND_CONSTANTS.iter().enumerate() {
        let [w0, w1, w2, w3] = message;
        let [k0, k1, k2, k3] = *constants;
        let sum = _mm_add_epi32(w0, _mm_set_epi32(k3, k2, k1, k0));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0b00_00_11_10));
        let next = if round < 12 {
            let part = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
            _mm_sha256msg2_epu32(part, w3)
        } else {
            w0
        };
        message = [w1, w2, w3, next];
    }
    State(_mm_add_epi32(abef, state.0), _mm_add_epi32(cdgh, state.1))
}

/// SHA-256's constants (FIPS 180-4, section 4.2.2), four rounds a row.
#[rustfmt::skip]
const ROUND_CONSTANTS: [[i32; 4]; 16] = signed([
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5], [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3], [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc], [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7], [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13], [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3], [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5], [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208], [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
]);

#[expect(clippy::cast_possible_wrap, reason = "the instructions take bits as signed words")]
const fn signed(words: [[u32; 4]; 16]) -> [[i32; 4]; 16] {
    let mut signed = [[0; 4]; 16];
    let mut index = 0;
    while index < 64 {
        signed[index / 4][index % 4] = words[index / 4][index % 4] as i32;
        index += 1;
    }
    signed
}
