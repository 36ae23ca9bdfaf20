//! The macro that declares a suite.

/// Declares the cases of a suite by area, a file next to the declaration, and a
/// macro that stamps each case as a separate test. The macro takes the name of
/// an async function next to the stamp that creates a fixture.
///
/// A case is `pub(super) async fn case(fixture: &Fixture)`. The compiler reports
/// an undeclared case as dead code, so that no adapter can miss it.
macro_rules! suite {
    ($d:tt $stamp:ident: $module:ident::$fixture:ident {
        $($area:ident: $($case:ident)+;)+
    }) => {
        #[doc = concat!("Stamps every case of `", stringify!($module), "` on an adapter.")]
        #[macro_export]
        macro_rules! $stamp {
            ($d fixture:ident) => {$(
                mod $area {$(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $case() {
                        let fixture = super::$d fixture().await;
                        $d crate::conformance::$module::stamped::$area::$case(&fixture).await;
                    }
                )+}
            )+};
        }

        #[doc(hidden)]
        pub mod stamped {$(
            pub mod $area {$(
                pub async fn $case(fixture: &super::super::$fixture) {
                    super::super::$area::$case(fixture).await;
                }
            )+}
        )+}
    };
}
pub(crate) use suite;
