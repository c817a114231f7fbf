{{ stage('equipment') }}
