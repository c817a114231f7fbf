{{ stage('dv') }}
