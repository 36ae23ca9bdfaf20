#![expect(clippy::expect_used, reason = "a failed test may panic")]

use super::*;

struct Names {
    tenant: TenantName,
    subdomain: Subdomain,
    email: Email,
    username: Username,
    display_name: DisplayName,
}

fn names() -> Names {
    Names {
        tenant: TenantName::parse("Blick & Söhne, Ltd.").expect("a name"),
        subdomain: Subdomain::parse("blick-2").expect("a label"),
        email: Email::parse("jo.quint@Bücher.example").expect("an address"),
        username: Username::parse("r2d2").expect("a name"),
        display_name: DisplayName::parse("Jo").expect("a name"),
    }
}

fn code(password: &str) -> &'static str {
    let names = names();
    let policy = PasswordPolicy {
        min_chars: 8,
        names: ContextNames {
            product: "Archive Service",
            tenant: Some(&names.tenant),
            subdomain: Some(&names.subdomain),
            email: Some(&names.email),
            username: Some(&names.username),
            display_name: Some(&names.display_name),
        },
    };
    match policy.accept(password) {
        Ok(accepted) => {
            assert_eq!(accepted.expose(), text::compose(password));
            "ok"
        }
        Err(invalid) => invalid.code,
    }
}

#[test]
fn long_passwords_are_accepted() {
    for password in [
        "correct horse battery staple",
        "пароль длинный",
        "gru\u{308}ne Wiese",
        "73920184",
        // A name with other letters.
        "blick hinter mich",
        "archive x9",
        "jo-jo-x-27",
    ] {
        assert_eq!(code(password), "ok", "{password}");
    }
}

#[test]
fn short_long_and_impossible_passwords_are_rejected() {
    assert_eq!(code("seven77"), "too_short");
    assert_eq!(code(&"x".repeat(129)), "too_long");
    assert_eq!(code("nul\0nul\0nul"), "invalid_characters");
}

#[test]
fn common_passwords_are_rejected_regardless_of_case() {
    for password in [
        "aaaaaaaaaaaa",
        "password",
        "Password123",
        "QWERTYUIOP",
        "987654321",
        "ＰＡＳＳＷＯＲＤ",
        " password ",
    ] {
        assert_eq!(code(password), "too_common", "{password}");
    }
}

#[test]
fn names_are_rejected_with_any_decoration() {
    for password in [
        "Archive1",
        "archiveservice",
        "ARCHIVE-service-2026",
        "2026!archive?",
        "blick & söhne, ltd.",
        "So\u{308}hne1234",
        "BLICKBLICK",
        "blick-20",
        "jo.quint@Bücher.example",
        "Jo.Quint@xn--bcher-kva.example",
        "JoQuint!!",
        "quint1990",
        "r2d2r2d2",
        "jo123456",
        "b.l.i.c.k",
        "quint@blick",
    ] {
        assert_eq!(code(password), "contains_name", "{password}");
    }
}

#[test]
fn new_passwords_are_not_printed() {
    let password = NewPassword("correct horse".to_owned());
    assert_eq!(format!("{password:?}"), "NewPassword(…)");
}
