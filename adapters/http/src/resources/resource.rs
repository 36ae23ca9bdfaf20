//! The declaration of resources.

/// Declares a resource: a struct with the services that its operations use.
macro_rules! resource {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        pub(crate) struct $name {
            services: std::sync::Arc<tenantry_application::Services>,
        }

        impl $name {
            /// Creates the resource with the services that it uses.
            pub(crate) fn new(
                services: &std::sync::Arc<tenantry_application::Services>,
            ) -> Self {
                Self {
                    services: std::sync::Arc::clone(services),
                }
            }
        }
    };
}

pub(crate) use resource;
