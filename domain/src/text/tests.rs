use super::*;

#[test]
fn folding_is_idempotent_and_ignores_case_and_form() {
    assert_eq!(fold(" Ünïcode "), fold("u\u{308}ni\u{308}CODE"));
    assert_eq!(fold("ﬁle"), "file");
    for text in [
        "İstanbul",
        "ΣΊΣΥΦΟΣ",
        "Straße",
        "K",
        "a\u{200D}\u{308}",
        "\u{200C} a",
        "a\u{3164}",
        "\u{A0}a\u{AD}b",
    ] {
        assert_eq!(fold(&fold(text)), fold(text), "{text:?}");
    }
}

#[test]
fn folding_ignores_invisible_characters() {
    assert_eq!(fold("می\u{200C}خواهم"), fold("میخواهم"));
    assert_eq!(fold("a\u{200B}\u{FE0F}\u{AD}b"), "ab");
    assert_eq!(fold("葛\u{E0100}城"), "葛城");
}

#[test]
fn invisible_characters_of_a_spelling_are_accepted() {
    for text in [
        "",
        "résumé 履歴書 🗂",
        "می\u{200C}خواهم",
        "a\u{200C}b.txt",
        "क्\u{200D}ष",
        "क्\u{200C}ष",
        "ശ്രീ\u{200C}മാൻ",
        // Words that end with a joiner: a Malayalam chillu, a Bengali khanda ta.
        "അവന്\u{200D}.pdf",
        "ত্\u{200D}",
        "👨\u{200D}👩\u{200D}👧\u{200D}👦",
        "👩🏽\u{200D}🚀",
        "🏳\u{FE0F}\u{200D}🌈",
        "❤\u{FE0F}\u{200D}🔥",
        "1\u{FE0F}\u{20E3} ™\u{FE0E} ☎\u{FE0F}",
        "葛\u{E0100}城",
        "\u{1820}\u{180B}\u{1821}",
        "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}.png",
        "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
        "🏴\u{200D}☠\u{FE0F}",
    ] {
        assert_eq!(reject_hidden(text), Ok(()), "{text:?}");
    }
}

#[test]
fn hidden_characters_are_rejected() {
    for text in [
        "a\0b",
        "a\nb",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{202E}b",
        "\u{FEFF}a",
        "\u{200D}a",
        "a\u{200C}",
        "a\u{200D}.txt",
        "1\u{200D}2",
        "a\u{200C}\u{200C}b",
        "क्\u{200D}\u{200D}",
        "👨\u{200D}a",
        "a\u{200D}👨",
        "👨\u{200D}",
        "👨\u{200C}👩",
        "a\u{FE0F}",
        "1\u{FE0F}2",
        "🗂\u{FE0F}\u{FE0F}",
        "a\u{E0100}",
        "a\u{180B}",
        "🏴\u{E0067}",
        "🏴\u{E0061}\u{E007F}",
        "a\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    ] {
        assert!(reject_hidden(text).is_err(), "{text:?}");
    }
}

#[test]
fn every_ignorable_character_is_rejected_out_of_context() {
    let set = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let mut count = 0;
    for c in ('\0'..=char::MAX).filter(|c| set.contains(*c)) {
        for text in [format!("{c}a"), format!("1{c}2"), format!("a {c} b")] {
            assert!(reject_hidden(&text).is_err(), "{text:?}");
        }
        count += 1;
    }
    assert!(count > 4000, "{count} characters");
}

#[test]
fn lines_may_be_separated() {
    assert_eq!(reject_hidden_in_lines("a\r\n\tb"), Ok(()));
    assert!(reject_hidden_in_lines("a\n\u{202E}b").is_err());
}
