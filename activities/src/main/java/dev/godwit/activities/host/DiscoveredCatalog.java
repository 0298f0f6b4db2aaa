package dev.godwit.activities.host;

import dev.godwit.step.Catalog;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.StepDescription;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The step types and resource kinds found on the class path; being there is all the registration that they need. */
public final class DiscoveredCatalog implements Catalog {
    private final Map<String, Entry<?, ?>> stepTypes = new TreeMap<>();
    private final Map<String, ResourceKind<?, ?>> resourceKinds = new TreeMap<>();

    private DiscoveredCatalog() {}

    /**
     * Finds all.
     *
     * @throws IllegalStateException if two have one name, or one is not made as it must be
     */
    public static DiscoveredCatalog load() {
        List<StepType<?, ?>> types = new ArrayList<>();
        ServiceLoader.load(StepType.class).forEach(types::add);
        List<ResourceKind<?, ?>> kinds = new ArrayList<>();
        ServiceLoader.load(ResourceKind.class).forEach(kinds::add);
        return of(types, kinds);
    }

    /** A catalog of just these. */
    public static DiscoveredCatalog of(Collection<? extends StepType<?, ?>> types,
            Collection<? extends ResourceKind<?, ?>> kinds) {
        DiscoveredCatalog catalog = new DiscoveredCatalog();
        types.forEach(catalog::add);
        kinds.forEach(catalog::add);
        return catalog;
    }

    @Override
    public Collection<StepDescription> stepTypes() {
        return stepTypes.values().stream().map(entry -> entry.description).toList();
    }

    @Override
    public Collection<ResourceKind<?, ?>> resourceKinds() {
        return List.copyOf(resourceKinds.values());
    }

    /** The class behind each step type, by name, for documentation and tests. */
    public Map<String, Class<?>> classes() {
        Map<String, Class<?>> classes = new TreeMap<>();
        stepTypes.forEach((name, entry) -> classes.put(name, entry.type.getClass()));
        return classes;
    }

    Entry<?, ?> stepType(String uses) {
        Entry<?, ?> entry = stepTypes.get(uses);
        if (entry == null) {
            throw StepFailure.user("unknown-step-type",
                    uses + ": this worker does not have this step type; run a worker that has it on this step's site");
        }
        return entry;
    }

    ResourceKind<?, ?> resourceKind(String name, String resource) {
        ResourceKind<?, ?> kind = resourceKinds.get(name);
        if (kind == null) {
            throw StepFailure.user("unknown-resource-kind",
                    "resource " + resource + ": this worker does not know the kind '" + name + "'; it knows "
                            + String.join(", ", resourceKinds.keySet()));
        }
        return kind;
    }

    private <S extends Record, O extends Record> void add(StepType<S, O> type) {
        Class<?> implementation = type.getClass();
        Uses uses = implementation.getAnnotation(Uses.class);
        if (uses == null) {
            throw new IllegalStateException(implementation.getName() + " needs the annotation @Uses with its name");
        }
        StepDescription description = new StepDescription(uses.value(), uses.kind(),
                !(type instanceof ReadOnlyStepType), argument(implementation, 0), argument(implementation, 1));
        Entry<?, ?> before = stepTypes.put(uses.value(), new Entry<>(type, description));
        if (before != null) {
            throw new IllegalStateException("two step types are called " + uses.value() + ": "
                    + before.type.getClass().getName() + " and " + implementation.getName());
        }
    }

    private void add(ResourceKind<?, ?> kind) {
        ResourceKind<?, ?> before = resourceKinds.put(kind.name(), kind);
        if (before != null) {
            throw new IllegalStateException("two resource kinds are called " + kind.name() + ": "
                    + before.getClass().getName() + " and " + kind.getClass().getName());
        }
    }

    /** What an implementation puts for the n-th type parameter of {@link StepType}. */
    private static Class<? extends Record> argument(Class<?> implementation, int index) {
        Type found = stepTypeArgument(implementation, index);
        if (found instanceof Class<?> type && type.isRecord()) {
            return type.asSubclass(Record.class);
        }
        throw new IllegalStateException(
                implementation.getName() + " must name its records directly: implements StepType<Spec, Output>");
    }

    private static Type stepTypeArgument(Class<?> type, int index) {
        for (Type parent : type.getGenericInterfaces()) {
            if (!(parent instanceof ParameterizedType parameterized)) {
                continue;
            }
            Class<?> raw = (Class<?>) parameterized.getRawType();
            if (raw == StepType.class) {
                return parameterized.getActualTypeArguments()[index];
            }
            if (stepTypeArgument(raw, index) instanceof TypeVariable<?> variable) {
                int position = List.of(raw.getTypeParameters()).indexOf(variable);
                return parameterized.getActualTypeArguments()[position];
            }
        }
        return null;
    }

    /** A step type with what is known of it. */
    record Entry<S extends Record, O extends Record>(StepType<S, O> type, StepDescription description) {
        Class<S> spec() {
            // The description's class was read from this very type.
            @SuppressWarnings("unchecked")
            Class<S> spec = (Class<S>) description.spec();
            return spec;
        }
    }
}
