//! The vectors of Project Wycheproof for the algorithms of access tokens.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, crypto, errors::ErrorKind, jwk::Jwk};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{AccessKey, AccessTokenOptions, JwtAccessTokens, KeyAlgorithm, decode};
use crate::root_secret::RootSecret;

const SIGNATURES: &str = include_str!("../../vectors/json_web_signature_test.json");
const ED25519: &str = include_str!("../../vectors/ed25519_test.json");

/// Vectors marked as valid whose header or payload has a character outside the
/// alphabet of base64url, which RFC 7515 (section 2) does not allow.
const LENIENT: &[u32] = &[372, 373];

/// Vectors marked as invalid that equal a valid one: the file lacks the padding in
/// their names.
const EQUAL_TO_VALID: &[(u32, u32)] = &[(367, 357), (370, 357)];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<G> {
    number_of_tests: usize,
    test_groups: Vec<G>,
}

#[derive(Deserialize)]
struct SignatureGroup {
    public: Option<Value>,
    private: Option<Value>,
    tests: Vec<SignatureVector>,
}

impl SignatureGroup {
    /// Returns whether a vector is one of `EQUAL_TO_VALID`.
    fn equals_valid(&self, vector: &SignatureVector) -> bool {
        let mut equal = EQUAL_TO_VALID.iter().filter(|(id, _)| *id == vector.tc_id);
        equal.any(|(_, valid)| {
            let mut tests = self.tests.iter();
            tests.any(|other| other.tc_id == *valid && other.jws == vector.jws)
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignatureVector {
    tc_id: u32,
    jws: String,
    result: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ed25519Group {
    public_key_pem: String,
    tests: Vec<Ed25519Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ed25519Vector {
    tc_id: u32,
    msg: String,
    sig: String,
    result: String,
}

/// The vectors of each outcome.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    accepted: usize,
    rejected: usize,
    /// Rejected, because their key signs with another algorithm.
    other_algorithm: usize,
    /// Not run: the service has no keys of this type.
    elliptic_curve: usize,
    /// Not run: an attribute of their key rules out the signature. The keys of the
    /// service are PEM, which has no such attributes.
    key_attribute: usize,
}

/// Returns access tokens with a key besides the signing one.
fn tokens(key: AccessKey) -> JwtAccessTokens {
    let signer = AccessKey::derived(KeyAlgorithm::EdDsa, &RootSecret::new(b"secret"));
    let options = AccessTokenOptions {
        issuer: "us".to_owned(),
        audience: "our api".to_owned(),
        cached_tokens: 1,
    };
    JwtAccessTokens::new(vec![signer.expect("a key"), key], options).expect("valid keys")
}

/// Returns whether the key of the header verifies the signature, as for an access
/// token.
fn accepts(tokens: &JwtAccessTokens, jws: &str) -> bool {
    let Ok(header) = jsonwebtoken::decode_header(jws) else {
        return false;
    };
    let Some(key) = tokens.key_of(&header) else {
        return false;
    };
    match decode::<IgnoredAny>(jws, key) {
        Ok(_) => true,
        // Most payloads are not JSON, and parsed after the signature is verified.
        Err(e) => matches!(e.kind(), ErrorKind::Json(_) | ErrorKind::Utf8(_)),
    }
}

fn text<'a>(key: &'a Value, name: &str) -> &'a str {
    key[name].as_str().unwrap_or_default()
}

fn is_for_signatures(key: &Value) -> bool {
    let has_operation = |operations: &Vec<Value>| {
        let texts = operations.iter().filter_map(Value::as_str);
        texts.into_iter().any(|text| text.contains("verify"))
    };
    text(key, "use") != "enc" && key["key_ops"].as_array().is_none_or(has_operation)
}

/// Converts a JWK of the vectors to a key of the service.
fn access_key(key: &Value) -> AccessKey {
    match text(key, "kty") {
        "oct" => {
            let secret = BASE64.decode(text(key, "k")).expect("a secret");
            AccessKey::shared(text(key, "kid"), &secret)
        }
        "RSA" => {
            let jwk: Jwk = serde_json::from_value(key.clone()).expect("a JWK");
            AccessKey::from_jwk(text(key, "kid"), KeyAlgorithm::Rs256, &jwk).expect("a key")
        }
        other => panic!("no vector has been assigned to keys of type {other}"),
    }
}

#[test]
fn signatures_of_wycheproof_are_verified() {
    let file: File<SignatureGroup> = serde_json::from_str(SIGNATURES).expect("vectors");
    let mut counts = Counts::default();
    for group in &file.test_groups {
        let key = group.public.as_ref().or(group.private.as_ref());
        let key = key.expect("a group has a key");
        if !is_for_signatures(key) {
            counts.key_attribute += group.tests.len();
            continue;
        }
        if text(key, "kty") == "EC" {
            counts.elliptic_curve += group.tests.len();
            continue;
        }
        let is_supported = matches!(text(key, "alg"), "HS256" | "RS256");
        let tokens = tokens(access_key(key));
        for vector in &group.tests {
            let header = jsonwebtoken::decode_header(&vector.jws).ok();
            if !is_supported && header.is_some_and(|header| header.alg == Algorithm::RS256) {
                counts.key_attribute += 1;
                continue;
            }
            let is_valid = match vector.result.as_str() {
                "valid" => is_supported && !LENIENT.contains(&vector.tc_id),
                "invalid" => group.equals_valid(vector),
                other => panic!("vector {} is {other}", vector.tc_id),
            };
            assert_eq!(accepts(&tokens, &vector.jws), is_valid, "{}", vector.tc_id);
            match (is_supported, is_valid) {
                (false, _) => counts.other_algorithm += 1,
                (true, false) => counts.rejected += 1,
                (true, true) => counts.accepted += 1,
            }
        }
    }
    assert_eq!(
        counts,
        Counts {
            accepted: 18,
            rejected: 255,
            other_algorithm: 82,
            elliptic_curve: 41,
            key_attribute: 5,
        }
    );
    let run = counts.accepted + counts.rejected + counts.other_algorithm;
    assert_eq!(
        run + counts.elliptic_curve + counts.key_attribute,
        file.number_of_tests
    );
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let pair = str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("hexadecimal")
    };
    digits.map(byte).collect()
}

#[test]
fn ed25519_signatures_of_wycheproof_are_verified() {
    let file: File<Ed25519Group> = serde_json::from_str(ED25519).expect("vectors");
    let mut run = 0;
    for group in &file.test_groups {
        let pem = group.public_key_pem.as_bytes();
        let key = AccessKey::from_public_pem("k", KeyAlgorithm::EdDsa, pem).expect("a key");
        for vector in &group.tests {
            let signature = BASE64.encode(bytes(&vector.sig));
            let message = bytes(&vector.msg);
            let verified = crypto::verify(&signature, &message, &key.verifier, Algorithm::EdDSA);
            let is_valid = verified.unwrap_or(false);
            assert_eq!(is_valid, vector.result == "valid", "{}", vector.tc_id);
            run += 1;
        }
    }
    assert_eq!(run, file.number_of_tests);
    assert_eq!(run, 151);
}
