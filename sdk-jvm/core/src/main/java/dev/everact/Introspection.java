// What our own declarations mean to Jackson: former names, what may be missing, Kotlin's
// constructors.
package dev.everact;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.Version;
import com.fasterxml.jackson.databind.PropertyName;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedConstructor;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Consulted after Jackson's own annotations. */
final class Introspection extends NopAnnotationIntrospector {
  private static final long serialVersionUID = 1L;

  /** Whether components must be there: in messages, not in what is stored. */
  private final boolean strict;

  Introspection(boolean strict) {
    this.strict = strict;
  }

  @Override
  public Version version() {
    return Version.unknownVersion();
  }

  /** Whether a type has its own way to say that there is no value. */
  static boolean isOptional(Class<?> type) {
    return type == Optional.class
        || type == OptionalInt.class
        || type == OptionalLong.class
        || type == OptionalDouble.class;
  }

  /** Whether an annotation of whatever library says that null may be there. */
  static boolean isNullable(Annotation... annotations) {
    for (Annotation annotation : annotations) {
      if (annotation.annotationType().getSimpleName().equals("Nullable")) {
        return true;
      }
    }
    return false;
  }

  /** The component of a record that a constructor's parameter sets; null for others. */
  private static RecordComponent component(Annotated annotated) {
    if (annotated instanceof AnnotatedParameter parameter
        && parameter.getDeclaringClass().isRecord()) {
      RecordComponent[] all = parameter.getDeclaringClass().getRecordComponents();
      boolean canonical = parameter.getOwner().getParameterCount() == all.length;
      return canonical ? all[parameter.getIndex()] : null;
    }
    return null;
  }

  private static boolean mayBeMissing(RecordComponent component) {
    return isOptional(component.getType())
        || isNullable(component.getAnnotations())
        || isNullable(component.getAnnotatedType().getAnnotations())
        || isNullable(component.getAccessor().getAnnotations());
  }

  @Override
  public Boolean hasRequiredMarker(AnnotatedMember member) {
    RecordComponent component = strict ? component(member) : null;
    return component == null ? null : !mayBeMissing(component);
  }

  @Override
  public JsonSetter.Value findSetterInfo(Annotated annotated) {
    RecordComponent component = strict ? component(annotated) : null;
    if (component == null || component.getType().isPrimitive()) {
      return JsonSetter.Value.empty();
    }
    Nulls value = mayBeMissing(component) ? Nulls.DEFAULT : Nulls.FAIL;
    return JsonSetter.Value.construct(value, contentNulls(component.getGenericType()));
  }

  /** An item is no null either, unless it is optional or has no type. */
  private static Nulls contentNulls(Type type) {
    if (!(type instanceof ParameterizedType generic)
        || !(generic.getRawType() instanceof Class<?> raw)
        || !(Collection.class.isAssignableFrom(raw) || Map.class.isAssignableFrom(raw))) {
      return Nulls.DEFAULT;
    }
    Type[] arguments = generic.getActualTypeArguments();
    Type item = arguments[arguments.length - 1];
    Type itemRaw = item instanceof ParameterizedType inner ? inner.getRawType() : item;
    boolean typed = itemRaw instanceof Class<?> of && of != Object.class && !isOptional(of);
    return typed ? Nulls.FAIL : Nulls.DEFAULT;
  }

  @Override
  public List<PropertyName> findPropertyAliases(Annotated annotated) {
    Renamed renamed = annotated.getAnnotation(Renamed.class);
    if (renamed == null) {
      RecordComponent component = component(annotated);
      renamed = component == null ? null : component.getAnnotation(Renamed.class);
    }
    if (renamed == null) {
      return null;
    }
    List<PropertyName> names = new ArrayList<>();
    for (String name : renamed.value()) {
      names.add(PropertyName.construct(name));
    }
    return names;
  }

  @Override
  public String findImplicitPropertyName(AnnotatedMember member) {
    if (member instanceof AnnotatedParameter parameter
        && parameter.getOwner() instanceof AnnotatedConstructor constructor) {
      KotlinData data = KotlinData.of(constructor.getDeclaringClass());
      if (data != null && data.isPrimary(constructor.getAnnotated())) {
        return data.names().get(parameter.getIndex());
      }
    }
    return null;
  }

  @Override
  public JsonCreator.Mode findCreatorAnnotation(MapperConfig<?> config, Annotated annotated) {
    if (annotated instanceof AnnotatedConstructor constructor) {
      KotlinData data = KotlinData.of(constructor.getDeclaringClass());
      if (data != null && data.isPrimary(constructor.getAnnotated())) {
        return JsonCreator.Mode.PROPERTIES;
      }
    }
    return null;
  }

  /** Whether a class, a field or a method carries an annotation of Jackson's. */
  static Annotation jackson(AnnotatedElement element) {
    for (Annotation annotation : element.getDeclaredAnnotations()) {
      if (annotation
          .annotationType()
          .isAnnotationPresent(com.fasterxml.jackson.annotation.JacksonAnnotation.class)) {
        return annotation;
      }
    }
    return null;
  }
}
